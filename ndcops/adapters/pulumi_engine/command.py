"""Runs the engine as a process that we own: it can be interrupted, and it holds the stack's lock."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

OnLine = Callable[[str], Any]


class OwnedCommand(PulumiCommand):
    """The pinned engine, one process at a time.

    lock_descriptor: an flocked file that the process inherits, so that the lock lasts as long as the
    engine even when this process is killed. The parent's version probe is left out: the toolchain
    built the engine and knows its version.
    """

    def __init__(self, pulumi: Path, version: str, lock_descriptor: int | None) -> None:  # pylint: disable=W0231
        self.command = str(pulumi)
        self.version = VersionInfo.parse(version)
        self._lock_descriptor = lock_descriptor
        self._process: subprocess.Popen[str] | None = None
        self._guard = threading.Lock()
        self._interrupted = False

    def interrupt(self) -> None:
        """Ask the engine to finish the steps in hand, save and unlock; a second time ends it at once."""
        with self._guard:
            again, self._interrupted = self._interrupted, True
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM if again else signal.SIGINT)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnLine | None = None,
        on_error: OnLine | None = None,
    ) -> CommandResult:
        """Run one engine command; raises the Automation API's CommandError when it fails."""
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        environment["PATH"] = os.pathsep.join([str(Path(self.command).parent), environment.get("PATH", "")])
        output: list[str] = []
        errors: list[str] = []
        with self._start([self.command, "--non-interactive", *args], cwd, environment) as process:
            readers = [
                threading.Thread(target=_read_lines, args=(process.stdout, output, on_output)),
                threading.Thread(target=_read_lines, args=(process.stderr, errors, on_error)),
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            code = process.wait()
        result = CommandResult("\n".join(output), "\n".join(errors), code)
        if code != 0:
            raise create_command_error(result)
        return result

    def _start(self, argv: list[str], cwd: str, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
        with self._guard:
            self._process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                # A terminal's Ctrl-C goes to the whole foreground group; the engine gets it from `interrupt`
                # once, and would take a second one as "end at once".
                start_new_session=True,
                pass_fds=() if self._lock_descriptor is None else (self._lock_descriptor,),
            )
            if self._interrupted:
                self._process.send_signal(signal.SIGINT)
            return self._process


def _read_lines(stream: Any, lines: list[str], on_line: OnLine | None) -> None:
    for line in stream:
        text = line.rstrip("\n")
        lines.append(text)
        if on_line is not None:
            on_line(text)
    stream.close()
