"""Runs that break off at a chosen step, in a country that lost ndc1."""

import pytest

from ndcops.failover.plan.order import Order
from ndcops.failover.run.room import Failover, Proposal
from ndcops.failover.steps.service_step import ServiceStep
from ndcops.model.errors import NdcopsError
from tests.unit.failover.conftest import accepted

RISKS = accepted(*(f"{risk}:{name}" for name in ("keys", "regis") for risk in ("rto", "rpo", "lag-unknown")))


def evacuation(room: Failover, service_id: str, *supersedes: str) -> Proposal:
    """One service leaves the lost ndc1; these open runs are left for it."""
    taken = accepted(*(f"open-run:{run}" for run in supersedes))
    return room.propose(
        Order(kind="evacuate", site="ndc1", lost=True, services=(service_id,), accepted=(*RISKS, *taken))
    )


def breaks_off(room: Failover, proposal: Proposal, step: type[ServiceStep], *, late: bool) -> None:
    """Carry it out until `step` fails, before or after its effect."""
    with pytest.MonkeyPatch.context() as patch:
        original = step.apply

        def fail(self: ServiceStep, world: object, report: object) -> dict[str, object]:
            if late:
                original(self, world, report)  # type: ignore[arg-type]
            raise NdcopsError("no reply")

        patch.setattr(step, "apply", fail)
        with pytest.raises(NdcopsError, match=r"failed|no reply"):
            room.execute(proposal)
