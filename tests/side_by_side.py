"""Which tests share a lab, and which may run beside them: two workers keep two cores busy, not more.

A lab of three sites takes about a third of a core while nobody uses it, so at most one is up at a time: the tests
that need one are one worker's, the session's own lab first and the labs of single files after it. Machines that
tests boot are one group as well. Every other file is whichever worker's that is free.
"""

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

SESSIONS_LAB = (
    "contract/test_databases.py",
    "contract/test_failover_objects.py",
    "contract/test_names.py",
    "contract/test_replica_clusters.py",
    "contract/test_scratch_copies.py",
    "contract/test_stack_engine.py",
    "contract/test_tenant_clusters.py",
    "live/test_lab.py",
    "live/test_lab_services.py",
    "live/test_landing_zones.py",
    "live/test_players.py",
    "live/test_provider.py",
    "live/test_scratch.py",
    "live/test_seed.py",
    "live/test_stacks.py",
)
OWN_LAB = ("live/test_failover.py",)
BOOTED_HOSTS = (
    "live/test_hardening.py",
    "live/test_lab_hosts.py",
    "live/test_lab_hosts_beside.py",
    "live/test_lockout.py",
    "live/test_guard.py",
    "contract/test_guarded_hosts.py",
)

_TESTS = Path(__file__).parent.name


def in_order(items: list[pytest.Item]) -> None:
    """Groups first and each in one piece, so that what a group shares can end before the next one begins."""
    items.sort(key=lambda item: _rank(item.nodeid))


def shares_the_sessions_lab(item: pytest.Item | None) -> bool:
    return item is not None and _in(item.nodeid, SESSIONS_LAB)


class SideBySide(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out whole groups, and whole files of the rest."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        # xdist sorts by the number of tests; ours are in order already, the longest first.
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        if _in(nodeid, SESSIONS_LAB + OWN_LAB):
            return "labs"
        return "hosts" if _in(nodeid, BOOTED_HOSTS) else nodeid.split("::", 1)[0]


def _rank(nodeid: str) -> int:
    groups = (SESSIONS_LAB, OWN_LAB, BOOTED_HOSTS)
    return next((rank for rank, group in enumerate(groups) if _in(nodeid, group)), len(groups))


def _in(nodeid: str, group: tuple[str, ...]) -> bool:
    return nodeid.split("::", 1)[0].removeprefix(f"{_TESTS}/") in group
