"""Runs one command on an open connection, with sudo when asked; `hosts` calls it.

sudo asks by a prompt that only this call knows, and the command says when it begins: so the password goes to sudo
and never into the command's input, whether or not sudo asks for one.
"""

import secrets
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import paramiko
from paramiko.ssh_exception import SSHException

from ndcops.adapters.ssh_hosts.access import unreachable
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.hardening import CommandResult, HostTarget

_POLL_S = 0.01
_LAST_WORDS_S = 2.0
_CHUNK = 32_768
_ACCOUNT_WORDS = ("expired", "locked", "not allowed", "not in the sudoers", "no longer", "account validation")


def run_plain(
    client: paramiko.SSHClient, target: HostTarget, argv: Sequence[str], *, text: bytes, timeout_s: float
) -> CommandResult:
    """The command as the login user. Raises NdcopsError when the connection breaks or the time is over."""
    return _Talk(client, target, shlex.join(argv), timeout_s, waiting_input=text, begun=True).result()


def run_sudo(
    client: paramiko.SSHClient,
    target: HostTarget,
    argv: Sequence[str],
    *,
    password: Callable[[], str],
    text: bytes,
    timeout_s: float,
) -> CommandResult:
    """The command as root; cached rights are not used. Raises InvalidInput for a wrong password, NdcopsError."""
    token = secrets.token_hex(8)
    prompt, begin = f"[sudo-{token}]", f"[begin-{token}]"
    line = shlex.join(
        ["sudo", "-k", "-S", "-p", prompt, "--", "sh", "-c", f"echo '{begin}' >&2; exec \"$@\"", "sh", *argv]
    )
    talk = _Talk(client, target, line, timeout_s, text, prompt=prompt.encode(), begin=begin.encode(), ask=password)
    result = talk.result()
    if not talk.begun:
        raise _no_sudo(target, result)
    return result


def _no_sudo(target: HostTarget, result: CommandResult) -> NdcopsError:
    said = [line.strip() for line in (result.error + result.output).splitlines() if line.strip()]
    account = any(word in line.lower() for line in said for word in _ACCOUNT_WORDS)
    what = f"the account '{target.user}' may not use sudo" if account else f"sudo as '{target.user}' fails"
    return NdcopsError(
        f"host {target.where}: {what}",
        details=said[-4:],
        resolution=f"at the console: chage -l {target.user}; faillock --user {target.user}; visudo -c",
    )


@dataclass
class _Talk:
    """One command's conversation: answers sudo's prompt once, then feeds the command."""

    client: paramiko.SSHClient
    target: HostTarget
    line: str
    timeout_s: float
    waiting_input: bytes
    prompt: bytes = b""
    begin: bytes = b""
    ask: Callable[[], str] | None = None
    begun: bool = False
    _asked: int = 0
    _ended_at: float = 0.0
    _out: bytearray = field(default_factory=bytearray)
    _error: bytearray = field(default_factory=bytearray)

    def result(self) -> CommandResult:
        try:
            return self._run()
        except (SSHException, EOFError, OSError) as error:
            raise unreachable(self.target, f"the connection broke: {error}") from error

    def _run(self) -> CommandResult:
        transport = self.client.get_transport()
        if transport is None:
            raise EOFError("the connection is closed")
        channel = transport.open_session(timeout=self.timeout_s)
        deadline = time.monotonic() + self.timeout_s
        try:
            channel.settimeout(self.timeout_s)
            channel.exec_command(self.line)
            while not self._is_over(channel):
                if time.monotonic() > deadline:
                    raise NdcopsError(
                        f"host {self.target.where}: a command took more than {self.timeout_s:.0f} s",
                        details=[self._text(self._error)[-300:]],
                    )
                if channel.closed and not channel.exit_status_ready():
                    raise EOFError("it was closed in the middle of a command")
                if not self._read(channel):
                    time.sleep(_POLL_S)
                self._answer(channel)
            self._read(channel)
            return CommandResult(
                code=channel.recv_exit_status(), output=self._text(self._out), error=self._text(self._error)
            )
        finally:
            channel.close()

    def _is_over(self, channel: paramiko.Channel) -> bool:
        """Ended, and all read: sshd may send the exit status before the output's end (RFC 4254, 6.10).

        A child that keeps the output open sends no end of file; it is not waited for.
        """
        if not channel.exit_status_ready() or channel.recv_ready() or channel.recv_stderr_ready():
            return False
        self._ended_at = self._ended_at or time.monotonic()
        waited_s = time.monotonic() - self._ended_at
        return bool(channel.eof_received) or channel.closed or waited_s > _LAST_WORDS_S

    def _read(self, channel: paramiko.Channel) -> bool:
        moved = False
        while channel.recv_ready():
            self._out += channel.recv(_CHUNK)
            moved = True
        while channel.recv_stderr_ready():
            self._error += channel.recv_stderr(_CHUNK)
            moved = True
        return moved

    def _answer(self, channel: paramiko.Channel) -> None:
        if not self.begun and self.prompt and self.prompt in self._error:
            del self._error[: self._error.index(self.prompt) + len(self.prompt)]
            self._asked += 1
            if self._asked > 1 or self.ask is None:
                raise InvalidInput(
                    f"host {self.target.where}: sudo does not take the password of '{self.target.user}'",
                    resolution="give the right one in NDCOPS_SUDO_PASSWORD_FD or NDCOPS_SUDO_PASSWORD",
                )
            channel.sendall(self.ask().encode() + b"\n")
        if not self.begun and self.begin and self.begin in self._error:
            del self._error[: self._error.index(self.begin) + len(self.begin) + 1]
            self.begun = True
        if self.begun and self.waiting_input is not None and not self._fed:
            self._fed = True
            try:
                channel.sendall(self.waiting_input)
                channel.shutdown_write()
            except OSError:
                if not channel.exit_status_ready():  # else it ended without its input, and says how
                    raise

    _fed: bool = False

    @staticmethod
    def _text(data: bytearray) -> str:
        return data.decode(errors="backslashreplace")
