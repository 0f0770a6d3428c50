"""A host under its guard: the logins that beat while it changes, and how it comes back; the steps call it."""

import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from ndcops.hardening.ports import GuardedHosts
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.hardening import GuardRun, HostTarget
from ndcops.workflow.step import Report

BEAT_S = 5.0
DEADLINE_S = 25
"""Seconds after the last beat until a host goes back: five beats may fail before a good door counts as shut."""

_RETRY_S = 1.0
BACK_WITHIN_S = 180
"""The deadline, the slowest restore seen, and a reboot."""


class Beating:
    """Fresh logins, every BEAT_S, for as long as the context is open; each winds the host's timer anew.

    is_lost: the host went back already, or is about to: no beat came through for DEADLINE_S.
    """

    def __init__(
        self,
        hosts: GuardedHosts,
        target: HostTarget,
        run: str,
        *,
        every_s: float = BEAT_S,
        retry_s: float = _RETRY_S,
    ) -> None:
        self._hosts = hosts
        self._target = target
        self._run = run
        self._every_s = every_s
        self._retry_s = retry_s
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"beat {target.host.name}", daemon=True)
        self.is_lost = False
        self.reason = ""
        self.count = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        pause, deadline = 0.0, time.monotonic() + DEADLINE_S
        while not self._end.wait(pause) and not self.is_lost:
            try:
                self._hosts.beat(self._target, self._run, DEADLINE_S)
            except Refused as error:
                self.is_lost, self.reason = True, error.message
            except NdcopsError as error:
                self.reason = "; ".join((error.message, *error.details))
                pause = self._retry_s
                self.is_lost = time.monotonic() > deadline
            else:
                self.count += 1
                pause, deadline = self._every_s, time.monotonic() + DEADLINE_S


def begin_anew(hosts: GuardedHosts, target: HostTarget, run: str, report: Report) -> None:
    """What a killed run left armed goes back first. Raises Refused when another run holds the host."""
    armed = _armed(hosts.runs(target))
    if armed is None:
        return
    if armed != run:
        raise Refused(
            f"host {target.where}: run {armed} is at work on it",
            details=[f"it goes back by itself {DEADLINE_S} s after that run's last login"],
            resolution="wait for it, or take it back: ndcops harden rollback",
        )
    report("taking back what a killed run left")
    bring_back(hosts, target, run, report)


def bring_back(
    hosts: GuardedHosts,
    target: HostTarget,
    run: str,
    report: Report,
    *,
    within_s: float = BACK_WITHIN_S,
    retry_s: float = _RETRY_S,
) -> str:
    """Put the host back, or wait until it did so itself; returns how it ended, in words for the error.

    Never raises: it is called when something else already failed.
    """
    report("putting the host back")
    deadline = time.monotonic() + within_s
    reason = ""
    while time.monotonic() < deadline:
        try:
            found = next((one for one in hosts.runs(target) if one.run == run), None)
            if found is None:
                return "nothing was changed on it"
            if found.restored and not found.armed:
                return _as_before(found.left)
            result = hosts.restore(target, run)
            if result.ok:
                return _as_before(result.failed)
            reason = _worded(result.failed)
        except NdcopsError as error:
            reason = "; ".join((error.message, *error.details))
        time.sleep(retry_s)
    return f"it was NOT seen coming back within {within_s:.0f} s ({reason}); look at its console"


def _as_before(left: Mapping[str, Sequence[str]]) -> str:
    if not left:
        return "it is as it was before"
    return f"its files and its door are as they were before, but not all: {_worded(left)}"


def _worded(parts: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{part}: {', '.join(reasons)}" for part, reasons in parts.items())


def _armed(runs: tuple[GuardRun, ...]) -> str | None:
    return next((run.run for run in runs if run.armed), None)
