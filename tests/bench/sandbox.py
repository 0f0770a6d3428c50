"""A state folder, home and lab of the benchmark's own, and how commands run in it; every benchmark starts here.

The folder has a fixed place, so that the next call clears up after one that was killed.
"""

import fcntl
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ndcops.adapters.pulumi_engine import EngineSettings
from ndcops.adapters.pulumi_engine.state_files import read_state
from ndcops.lab.folder import LabPaths
from ndcops.model.stack_changes import StackId
from ndcops.toolchain.build import ensure_engine
from ndcops.toolchain.folders import cache_dir, private_subfolder, state_dir
from tests.bench.processes import with_setting

REPOSITORY = Path(__file__).parents[2]
COMMAND_TIMEOUT_S = 600.0
LAYERS = ("network", "storage", "compute")

_FOREIGN = ("NDCOPS_", "PULUMI_", "XDG_", "KUBECONFIG")
"""Settings of the caller's shell that would change what is measured."""


class BenchFailed(Exception):
    """A command that the benchmark counts on failed: there is nothing to measure."""


@dataclass(frozen=True)
class Finished:
    """A command that ended. `cpu_s`: user and system time of it and of every process it waited for."""

    argv: tuple[str, ...]
    exit_code: int
    wall_s: float
    cpu_s: float
    stdout: str
    stderr: str

    def required(self) -> "Finished":
        """Itself. Raises BenchFailed when the command did not end with 0."""
        if self.exit_code != 0:
            said = (self.stderr.strip() or self.stdout.strip()).splitlines()[-12:]
            raise BenchFailed("\n".join([f"'{' '.join(self.argv)}' ended with {self.exit_code}", *said]))
        return self

    def document(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Sandbox:
    """Folders of one benchmark below `root`; the cache of engines is the user's."""

    root: Path
    cache: Path
    inventory: Path = REPOSITORY / "inventory"

    @property
    def state(self) -> Path:
        """$NDCOPS_STATE_DIR."""
        return self.root / "state"

    @property
    def lab(self) -> LabPaths:
        """The lab's files."""
        return LabPaths(self.state / "lab")

    def environment(self) -> dict[str, str]:
        """The caller's environment with home, temporary, state and runtime folders of the sandbox."""
        own = {
            "HOME": self.root / "home",
            "TMPDIR": self.root / "tmp",
            "XDG_CACHE_HOME": self.root / "xdg-cache",
            "XDG_CONFIG_HOME": self.root / "xdg-config",
            "XDG_RUNTIME_DIR": self.root / "run",
            "XDG_STATE_HOME": self.root / "xdg-state",
            "NDCOPS_STATE_DIR": self.state,
            "NDCOPS_CACHE_DIR": self.cache,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return kept | {name: str(path) for name, path in own.items()} | {"NDCOPS_INVENTORY": str(self.inventory)}

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The lab of this very process is the sandbox's, as long as this lasts."""
        before = os.environ.get("NDCOPS_STATE_DIR")
        os.environ["NDCOPS_STATE_DIR"] = str(self.state)
        try:
            yield
        finally:
            if before is None:
                del os.environ["NDCOPS_STATE_DIR"]
            else:
                os.environ["NDCOPS_STATE_DIR"] = before

    def prepare(self) -> None:
        """Make the folders."""
        for name in ("home", "tmp", "run", "state"):
            (self.root / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    def argv(self, *words: str) -> list[str]:
        """The command line of `ndcops`, as a user has it."""
        return [str(Path(sys.executable).parent / "ndcops"), *words]

    def start(self, *words: str, said: str = "main") -> "subprocess.Popen[str]":
        """Start `ndcops` in a session of its own, its output in two files of the sandbox named by `said`."""
        out_path, err_path = self.said_paths(said)
        with out_path.open("w") as out, err_path.open("w") as err:
            return subprocess.Popen(
                self.argv(*words),
                env=self.environment(),
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
                start_new_session=True,
            )

    def ndcops(self, *words: str, timeout_s: float = COMMAND_TIMEOUT_S) -> Finished:
        """Run `ndcops` to its end. Raises BenchFailed after `timeout_s`."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        process = self.start(*words)
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise BenchFailed(f"'ndcops {' '.join(words)}' did not end within {timeout_s:.0f} s") from error
        finally:
            end(process)
        wall_s = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        out, err = (path.read_text(errors="replace") for path in self.said_paths())
        return Finished(tuple(words), code, wall_s, cpu_s, out, err)

    def said_paths(self, said: str = "main") -> tuple[Path, Path]:
        """Where a command's stdout and stderr go."""
        return self.root / f"{said}.stdout", self.root / f"{said}.stderr"

    def kubectl(self, site: str, *words: str, admin: bool = False, text: str | None = None) -> Finished:
        """Run the toolchain's kubectl on a site, as ndcops-operator or as its administrator."""
        kubeconfig = self.lab.admin_kubeconfig if admin else self.lab.kubeconfig
        context = f"lab-{site}-admin" if admin else f"lab-{site}"
        argv = [
            str(ensure_engine("kube") / "kubectl"),
            f"--kubeconfig={kubeconfig}",
            f"--context={context}",
            f"--cache-dir={self.root / 'kubectl-cache'}",
            *words,
        ]
        began = time.monotonic()
        done = subprocess.run(
            argv,
            env=self.environment(),
            input=text,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        wall_s = time.monotonic() - began
        return Finished(("kubectl", *words), done.returncode, wall_s, 0.0, done.stdout, done.stderr)

    def stack_state(self, layer: str, site: str) -> dict[str, Any]:
        """The checkpoint of a stack; empty when it was never applied."""
        settings = EngineSettings(Path(), Path(), self.lab.root / "pulumi", Path())
        stack = StackId(layer=layer, site=site)
        return read_state(settings.state_file(stack), stack) or {}

    def remove(self) -> None:
        """End engines of killed commands and the lab, and remove the folder; results lie outside it."""
        for stray in with_setting("NDCOPS_STATE_DIR", str(self.state)):
            with suppress(ProcessLookupError):
                os.kill(stray.pid, signal.SIGKILL)
        self.ndcops("lab", "down", timeout_s=120).required()
        shutil.rmtree(self.root)


def end(process: "subprocess.Popen[str]", grace_s: float = 30) -> None:
    """End a command that is still running: as an operator would, then for good."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def results_folder() -> Path:
    """Where results of all calls are."""
    return private_subfolder(state_dir(), "bench")


@contextmanager
def opened(name: str) -> Iterator[Sandbox]:
    """The benchmark's sandbox, empty; gone afterwards. Raises BenchFailed when another benchmark runs."""
    folder = results_folder()
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BenchFailed("another benchmark runs; two at once would measure each other") from error
        sandbox = Sandbox(folder / f"sandbox-{name}", cache_dir())
        if sandbox.root.exists():
            sandbox.prepare()
            sandbox.remove()
        sandbox.prepare()
        try:
            yield sandbox
        finally:
            sandbox.remove()
