"""What a host's answers mean: a guard that is there, one that is not, and a host that runs no command at all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ndcops.adapters.ssh_hosts.access import SshAccess
from ndcops.adapters.ssh_hosts.hosts import SshHosts
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.hardening import CommandResult, HostTarget
from ndcops.model.host import Host

TARGET = HostTarget(host=Host(name="h1", site="ndc1", role="bastion", address="127.0.0.1"), user="operator")
NOLOGIN = CommandResult(code=1, output="This account is currently not available.\n", error="")


class Answering(SshHosts):
    """Hosts whose commands have given ends."""

    def __init__(self, *answers: CommandResult) -> None:
        access = SshAccess(Path("known_hosts"), None, lambda: "secret")
        super().__init__(access, now=lambda: datetime.now(UTC))
        self._answers = list(answers)

    def run_command(
        self,
        target: HostTarget,
        argv: Sequence[str],
        *,
        sudo: bool = False,
        text: bytes = b"",
        timeout_s: float = 30.0,
    ) -> CommandResult:
        return self._answers.pop(0)


def test_a_host_without_a_guard_keeps_no_runs() -> None:
    assert Answering(CommandResult(code=0, output="no-guard\n", error="")).runs(TARGET) == ()


def test_a_read_only_host_is_refused_and_a_full_one_is_an_error() -> None:
    with pytest.raises(Refused, match="/etc cannot be written: it is read-only"):
        Answering(
            CommandResult(code=3, output="", error="/etc cannot be written: it is read-only\n")
        ).install_guard(TARGET)
    full = CommandResult(code=2, output="", error="tar: usr/local/lib/ndcops: No space left on device\n")
    with pytest.raises(NdcopsError, match="the guard cannot be installed") as caught:
        Answering(full).install_guard(TARGET)
    assert not isinstance(caught.value, Refused)


@pytest.mark.parametrize("answer", [NOLOGIN, CommandResult(code=0, output="", error="")])
def test_a_shell_that_runs_nothing_is_no_host_without_a_guard(answer: CommandResult) -> None:
    with pytest.raises(NdcopsError, match="'operator' gets in but no command runs") as caught:
        Answering(answer).runs(TARGET)
    assert caught.value.resolution == "at the console: getent passwd operator"
    if answer is NOLOGIN:
        assert caught.value.details == ("This account is currently not available.",)


def test_runs_of_a_guard_are_listed() -> None:
    run = '{"run": "r1", "time": "2026-01-31T00:00:00Z", "confirmed": false, "restored": null}'
    said = f'{{"ok": true, "armed": {{"run": "r1", "seconds": 25}}, "runs": [{run}]}}\n'
    hosts = Answering(
        CommandResult(code=0, output="guard-is-there\n", error=""), CommandResult(code=0, output=said, error="")
    )
    (found,) = hosts.runs(TARGET)
    assert (found.run, found.armed, found.restored) == ("r1", True, False)
