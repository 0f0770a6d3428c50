"""Hosts over SSH: proof that the door opens, the guard's verbs, and single commands; each on a new connection."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ndcops.adapters.ssh_hosts.access import SshAccess, connected
from ndcops.adapters.ssh_hosts.bundle import GUARD, guard_archive
from ndcops.adapters.ssh_hosts.commands import run_plain, run_sudo
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.hardening import (
    CommandResult,
    GuardResult,
    GuardRun,
    GuardSnapshot,
    HostTarget,
    Proof,
    StateDifference,
)
from ndcops.model.record import JsonObject

_SNAPSHOT_S, _RESTORE_S = 60.0, 620.0
_REFUSED = 3
_INSTALL = f"""\
for place in /etc /usr/local/lib /var/lib; do
    test -w $place || {{ echo "$place cannot be written: it is read-only" >&2; exit {_REFUSED}; }}
done
umask 022; tar -x --no-same-owner --no-overwrite-dir -C / && systemctl daemon-reload
"""
_YES, _NO = "guard-is-there", "no-guard"


class SshHosts:
    """Methods may be called from several threads. All raise NdcopsError (unreachable, no login, no sudo),
    Refused (host key, or the guard's own refusal) and InvalidInput (sudo password).
    """

    def __init__(self, access: SshAccess, *, now: Callable[[], datetime]) -> None:
        self._access = access
        self._now = now

    def prove(self, target: HostTarget) -> Proof:
        """Log in anew with the key and become root."""
        begun = time.monotonic()
        result = self.run_command(target, ["true"], sudo=True)
        if result.code:
            raise NdcopsError(
                f"host {target.where}: a command as root ends with {result.code}",
                details=result.error.strip().splitlines()[-3:],
            )
        return Proof(host=target.host.name, time=self._now(), duration_ms=round((time.monotonic() - begun) * 1000))

    def run_command(
        self,
        target: HostTarget,
        argv: Sequence[str],
        *,
        sudo: bool = False,
        text: bytes = b"",
        timeout_s: float = 30.0,
    ) -> CommandResult:
        """Run one program, as root with `sudo`; `text` is its standard input. A code other than 0 is no error."""
        with connected(self._access, target) as client:
            if not sudo:
                return run_plain(client, target, argv, text=text, timeout_s=timeout_s)
            password = self._access.sudo_password
            return run_sudo(client, target, argv, password=password, text=text, timeout_s=timeout_s)

    def install_guard(self, target: HostTarget) -> None:
        """Put the guard and its units on the host, outside /etc; the same again when it is there.

        Raises Refused when a file system that is changed, or that keeps the way back, is read-only.
        """
        result = self.run_command(target, ["sh", "-c", _INSTALL], sudo=True, text=guard_archive())
        if result.code == _REFUSED:
            raise Refused(
                f"host {target.where}: {result.error.strip()}",
                resolution=f"at the console of {target.host.name}: dmesg; mount -o remount,rw /",
            )
        if result.code:
            raise NdcopsError(
                f"host {target.where}: the guard cannot be installed",
                details=result.error.strip().splitlines()[-3:],
                resolution=f"df -h /usr /var on {target.host.name}",
            )

    def snapshot(self, target: HostTarget, run: str) -> GuardSnapshot:
        """Let the host keep how it is. Raises Refused when its disk is full or read-only, or a run is armed."""
        said = self._guard(target, "snapshot", run, timeout_s=_SNAPSHOT_S)
        fields = {key: said[key] for key in ("paths", "size_bytes", "kept")}
        return GuardSnapshot(host=target.host.name, run=run, **fields)

    def arm(self, target: HostTarget, run: str, seconds: int) -> None:
        """From now on the host puts itself back `seconds` after the last beat."""
        self._guard(target, "arm", run, str(seconds))

    def beat(self, target: HostTarget, run: str, seconds: int) -> Proof:
        """Log in anew, become root, and let the host's time begin anew. Refused when it already went back."""
        begun = time.monotonic()
        self._guard(target, "beat", run, str(seconds))
        return Proof(host=target.host.name, time=self._now(), duration_ms=round((time.monotonic() - begun) * 1000))

    def disarm(self, target: HostTarget, run: str) -> None:
        """Keep the changes. Raises Refused when the host already went back."""
        self._guard(target, "disarm", run)

    def restore(self, target: HostTarget, run: str) -> GuardResult:
        """Put the host back as it was at the run's snapshot."""
        said = self._guard(target, "restore", run, timeout_s=_RESTORE_S, may_fail=True)
        return _result(target, run, said)

    def compare(self, target: HostTarget, run: str) -> tuple[StateDifference, ...]:
        """What is not as at the run's snapshot."""
        said = self._guard(target, "compare", run, timeout_s=_SNAPSHOT_S)
        return tuple(
            StateDifference(
                host=target.host.name,
                part=found["part"],
                subject=found["subject"].encode(errors="backslashreplace").decode(),
                before=_short(found["before"]),
                after=_short(found["after"]),
            )
            for found in said["differences"]
        )

    def runs(self, target: HostTarget) -> tuple[GuardRun, ...]:
        """Snapshots that the host keeps, oldest first; empty when it has no guard yet."""
        if not self._has_guard(target):
            return ()
        said = self._guard(target, "list")
        armed = (said["armed"] or {}).get("run")
        return tuple(
            GuardRun(
                run=found["run"],
                time=found["time"],
                confirmed=found["confirmed"],
                restored=found["restored"] is not None,
                armed=found["run"] == armed,
                left=(found["restored"] or {}).get("failed", {}),
            )
            for found in said["runs"]
        )

    def _has_guard(self, target: HostTarget) -> bool:
        """Raises NdcopsError when the host does not say: a login shell such as nologin ends without running it."""
        result = self.run_command(target, ["sh", "-c", f"test -f {GUARD} && echo {_YES} || echo {_NO}"])
        said = result.output.split()[-1:]
        if said not in ([_YES], [_NO]):
            raise NdcopsError(
                f"host {target.where}: '{target.user}' gets in but no command runs",
                details=(result.error or result.output).strip().splitlines()[-3:],
                resolution=f"at the console: getent passwd {target.user}",
            )
        return said == [_YES]

    def _guard(
        self, target: HostTarget, *arguments: str, timeout_s: float = 30.0, may_fail: bool = False
    ) -> JsonObject:
        argv = ["/usr/bin/python3", "-I", "-B", GUARD, *arguments]
        result = self.run_command(target, argv, sudo=True, timeout_s=timeout_s)
        said = _json_of(result.output)
        if said is None:
            raise NdcopsError(
                f"host {target.where}: its guard does not answer",
                details=(result.error or result.output).strip().splitlines()[-3:],
                resolution="ndcops harden plan (which puts the guard on the host)",
            )
        if result.code == _REFUSED:
            raise Refused(f"host {target.where}: {said['refused']}")
        if result.code and not (may_fail and "failed" in said):
            raise NdcopsError(
                f"host {target.where}: guard {arguments[0]} failed",
                details=[str(said.get("refused") or said.get("failed"))],
            )
        return said


def _json_of(text: str) -> JsonObject | None:
    lines = text.strip().splitlines()
    try:
        said = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _result(target: HostTarget, run: str, said: JsonObject) -> GuardResult:
    fields = {key: said[key] for key in ("ok", "way_in_ms", "duration_ms", "paths", "failed") if key in said}
    return GuardResult(host=target.host.name, run=run, **fields)


def _short(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True)
