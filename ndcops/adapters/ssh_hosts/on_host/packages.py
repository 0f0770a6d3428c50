"""Packages of a host: which are installed, and bringing that back, also when dpkg was ended in its middle."""

import time
from collections.abc import Callable

from .host import SLOW_S, Done, Host
from .live import Table

_LOCK_WAIT_S, _POLL_S = 60, 1.0
_LOCKED = "lock"
_BADLY = ("--force-remove-reinstreq", "--force-unsafe-io")
"""dpkg removes what it left half unpacked only when told to."""
_TRIES = 2


def read_packages(host: Host) -> Table:
    """Versions of the installed packages."""
    done = host.run("dpkg-query", "-W", "-f=${db:Status-Status}\t${binary:Package}\t${Version}\n")
    rows = [line.split("\t") for line in done.out.splitlines()]
    return {row[1]: row[2] for row in rows if len(row) == 3 and row[0] == "installed"}


def restore_packages(host: Host, then: Table) -> list[str]:
    """Purge what was added, finish what was begun, take back what was removed when apt reaches it, else say so.

    Added packages go first: their settings went with the files, so that most of them would not configure any more.
    """
    problems: list[str] = []
    for _ in range(_TRIES):  # what does not go while it is half configured goes once the rest is in order
        problems = _purge_added(host, then) + _finish_begun(host)
        if not problems:
            break
    removed = [f"{name}={then[name]}" for name in sorted(then.keys() - read_packages(host).keys())]
    if removed:
        offline = ("-o", "Acquire::http::Timeout=5", "-o", "Acquire::Retries=0")
        done = host.run(
            "apt-get", "install", "-y", "-q", "--no-install-recommends", *offline, *removed, timeout_s=SLOW_S
        )
        problems += [f"removed package {name} is not back: {done.reason}" for name in removed] if done.code else []
    return problems + _left(host, then)


def _purge_added(host: Host, then: Table) -> list[str]:
    added = sorted(_known_packages(host) - then.keys())
    if not added or not then:
        return []
    done = _patiently(lambda: host.run("dpkg", "--purge", *_BADLY, *added, timeout_s=SLOW_S))
    return [f"packages added: {done.reason}"] if done.code else []


def _finish_begun(host: Host) -> list[str]:
    if not host.run("dpkg", "--audit").out.strip():
        return []
    begun = ("dpkg", "--configure", "-a", "--force-confold")
    done = _patiently(lambda: host.run(*begun, timeout_s=SLOW_S))
    return [f"unfinished packages: {done.reason}"] if done.code else []


def _left(host: Host, then: Table) -> list[str]:
    """What is not as before by dpkg's own word."""
    now, known = read_packages(host), _known_packages(host)
    changed = sorted(name for name in then.keys() & now.keys() if then[name] != now[name])
    added = sorted(known - then.keys()) if then else []
    half = sorted((known & then.keys()) - now.keys())
    return [
        *(f"package {name}: {now[name]}, before {then[name]}" for name in changed),
        *(f"package {name}: still there" for name in added),
        *(f"package {name}: half installed" for name in half),
    ]


def _patiently(ask: Callable[[], Done]) -> Done:
    """Another program of the host (its own updates) may hold dpkg's lock for a while."""
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        done = ask()
        if not done.code or _LOCKED not in done.reason or time.monotonic() > deadline:
            return done
        time.sleep(_POLL_S)


def _known_packages(host: Host) -> set[str]:
    """Also those half installed, as a killed run leaves them."""
    done = host.run("dpkg-query", "-W", "-f=${db:Status-Status}\t${binary:Package}\n")
    rows = [line.split("\t") for line in done.out.splitlines()]
    return {row[1] for row in rows if len(row) == 2 and row[0] not in ("config-files", "not-installed")}
