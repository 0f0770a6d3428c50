"""Services of the host: which run, bringing them back, and letting them read restored settings."""

from collections.abc import Iterable

from .host import Host
from .live import Table

_ENABLED = ("enabled", "enabled-runtime", "alias", "generated")
_OFF = ("disabled", "masked", "not-found", "bad")
_OURS = "ndcops-guard"
_DOOR = ("ssh.service", "ssh.socket", "sshd.service")
_READ_AT_THE_DOOR = ("/etc/ssh", "/etc/systemd/system", "/etc/default/ssh")
_READS = {
    "/etc/rsyslog": "rsyslog.service",
    "/etc/systemd/journald.conf": "systemd-journald.service",
    "/etc/systemd/logind.conf": "systemd-logind.service",
    "/etc/systemd/network": "systemd-networkd.service",
    "/etc/systemd/timesyncd.conf": "systemd-timesyncd.service",
    "/etc/chrony": "chrony.service",
    "/etc/audit": "auditd.service",
    "/etc/apparmor": "apparmor.service",
    "/etc/containerd": "containerd.service",
    "/etc/kubernetes": "kubelet.service",
    "/var/lib/kubelet": "kubelet.service",
}
"""Which service reads which settings only when it starts."""


def read_units(host: Host) -> Table:
    """Units that are active, with what they do (running, listening, waiting, exited)."""
    listed = host.run(
        "systemctl", "list-units", "--type=service,socket,timer,path", "--state=active", "--plain", "--no-legend",
        "--full",
    )  # fmt: skip
    rows = [line.split() for line in listed.out.splitlines()]
    return {row[0]: row[3] for row in rows if len(row) >= 4 and _OURS not in row[0]}


def restore_units(host: Host, then: Table) -> list[str]:
    """Start what ran and is enabled, end what runs now and is not."""
    problems = []
    now = read_units(host)
    states = _file_states(host, (then.keys() | now.keys()) - (then.keys() & now.keys()))
    for unit in sorted(then.keys() - now.keys()):
        if states.get(unit) in _ENABLED and then[unit] != "exited":
            host.run("systemctl", "reset-failed", unit)
            done = host.run("systemctl", "start", unit)
            problems += [f"{unit}: {done.reason}"] if done.code else []
    for unit in sorted(now.keys() - then.keys()):
        if states.get(unit, "not-found") in _OFF and now[unit] != "exited":
            done = host.run("systemctl", "stop", unit)
            problems += [f"{unit}: {done.reason}"] if done.code else []
    return problems


def _file_states(host: Host, units: Iterable[str]) -> dict[str, str]:
    """Whether each unit is enabled, as its files say; one that has no file of its own (transient) is left out."""
    names = sorted(unit for unit in units if "@" not in unit)
    if not names:
        return {}
    shown = host.run("systemctl", "show", "-p", "Id,UnitFileState,LoadState", *names)
    states = {}
    for block in shown.out.strip().split("\n\n"):
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        is_missing = fields.get("LoadState") == "not-found"
        states[fields.get("Id", "")] = "not-found" if is_missing else fields.get("UnitFileState", "")
    return states


def open_door(host: Host, then: Table) -> list[str]:
    """Make sshd listen with the restored settings; sessions that are open stay open."""
    problems = []
    reload = host.run("systemctl", "daemon-reload")
    problems += [f"daemon-reload: {reload.reason}"] if reload.code else []
    for unit in _DOOR:
        if unit not in then:
            continue
        host.run("systemctl", "reset-failed", unit)
        done = host.run("systemctl", "restart", unit)
        problems += [f"{unit}: {done.reason}"] if done.code else []
    return problems


def keep_open(host: Host, then: Table, changed: Iterable[str]) -> list[str]:
    """Open the door once more only when it does not run or reads what changed: every restart turns logins away."""
    doors = [unit for unit in _DOOR if unit in then]
    running = all(host.run("systemctl", "is-active", unit).code == 0 for unit in doors)
    if running and not any(path.startswith(_READ_AT_THE_DOOR) for path in changed):
        return []
    return open_door(host, then)


def reread(host: Host, changed: Iterable[str]) -> list[str]:
    """Restart the running services whose settings were among the changed paths."""
    paths = tuple(changed)
    units = sorted({unit for start, unit in _READS.items() if any(path.startswith(start) for path in paths)})
    problems = []
    for unit in units:
        done = host.run("systemctl", "try-restart", unit)
        problems += [f"{unit}: {done.reason}"] if done.code not in (0, 5) else []
    return problems


def leave_emergency(host: Host) -> None:
    """Go on with the boot when a broken mount table had stopped it."""
    for target in ("emergency.target", "rescue.target"):
        if host.run("systemctl", "is-active", target).code == 0:
            host.run("systemctl", "--no-block", "default")
