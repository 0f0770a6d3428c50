"""A small simulated country in this process, and facts of it."""

import pytest

from ndcops.failover.plan.order import AcceptedRisk
from tests.simulation.process_world import ProcessWorld
from tests.simulation.sample_services import service


@pytest.fixture
def world() -> ProcessWorld:
    """Every kind of data once: keys ← ident ← regis; plain needs none."""
    return ProcessWorld(
        7,
        (
            service("keys", "volume", "ndc1", "ndc2"),
            service("ident", "patroni", "ndc1", "ndc2", ("keys",)),
            service("regis", "cloudnativepg", "ndc1", "ndc3", ("ident",)),
            service("plain", "none", "ndc2", "ndc1"),
        ),
    )


def accepted(*names: str) -> tuple[AcceptedRisk, ...]:
    """Risks taken by name."""
    return tuple(AcceptedRisk(name=name, reason="test") for name in names)
