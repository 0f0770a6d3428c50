"""The declared sites of the simulated country: only what failover reads of them."""

from functools import cache
from types import SimpleNamespace
from typing import Any

SITES = ("ndc1", "ndc2", "ndc3")


@cache
def simulated_sites() -> tuple[Any, ...]:
    """Stand-ins with a name and one replicated tier: a whole declared site tells failover nothing more."""
    tier = SimpleNamespace(name="fast", replication="async")
    return tuple(SimpleNamespace(name=name, tiers=(tier,)) for name in SITES)
