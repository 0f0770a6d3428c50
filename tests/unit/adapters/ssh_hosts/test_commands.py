"""A command's last words: sshd says how it ended before it has sent all that it printed."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from ndcops.adapters.ssh_hosts import commands
from ndcops.adapters.ssh_hosts.commands import run_plain
from ndcops.model.hardening import HostTarget
from ndcops.model.host import Host

TARGET = HostTarget(host=Host(name="h1", site="ndc1", role="bastion", address="10.0.0.9"), user="operator")


@dataclass
class LateChannel:
    """Ended from the start; its output comes at the third look, its end of file after that, or never.

    One that failed took none of its input.
    """

    ends: bool = True
    code: int = 0
    looks: int = 0
    closed: bool = False
    waiting: bytes = b"all of it\n"
    sent: bytearray = field(default_factory=bytearray)

    def exit_status_ready(self) -> bool:
        self.looks += 1
        return True

    @property
    def eof_received(self) -> bool:
        return self.ends and not self.waiting

    def recv_ready(self) -> bool:
        return self.looks >= 3 and bool(self.waiting)

    def recv(self, size: int) -> bytes:
        said, self.waiting = self.waiting[:size], self.waiting[size:]
        return said

    def recv_stderr_ready(self) -> bool:
        return False

    def recv_exit_status(self) -> int:
        return self.code

    def sendall(self, data: bytes) -> None:
        if self.code:
            raise OSError("Socket is closed")

    def close(self) -> None:
        self.closed = True

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **named: None


@dataclass
class Client:
    """A client with that one channel."""

    channel: LateChannel

    def get_transport(self) -> Any:
        return self

    def open_session(self, timeout: float) -> LateChannel:
        return self.channel


def test_what_comes_after_the_exit_status_is_read_too() -> None:
    result = run_plain(Client(LateChannel()), TARGET, ["echo"], text=b"", timeout_s=5)
    assert (result.code, result.output) == (0, "all of it\n")


def test_a_command_whose_child_keeps_the_output_open_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_LAST_WORDS_S", 0.1)
    channel = LateChannel(ends=False)
    result = run_plain(Client(channel), TARGET, ["daemon"], text=b"", timeout_s=5)
    assert (result.code, result.output, channel.closed) == (0, "all of it\n", True)


def test_a_command_that_ends_before_it_took_its_input_says_how() -> None:
    result = run_plain(Client(LateChannel(code=3)), TARGET, ["sh"], text=b"an archive", timeout_s=5)
    assert (result.code, result.output) == (3, "all of it\n")
