"""`agency withdraw`: a system goes back to its draft before anything of it was moved."""

from ndcops.model.dossier import dossier_digest
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.lifecycle import LifecycleState, StateEntry
from ndcops.model.standing import back_to
from ndcops.onboarding.plan.moves import ROOM
from ndcops.onboarding.run.room import Onboarding, Proposal
from ndcops.onboarding.steps import EnterState
from ndcops.workflow.plan import Plan


def propose_withdrawal(room: Onboarding, agency: str, system: str, reason: str) -> Proposal:
    """The plan. Raises Refused where nothing can be withdrawn, or data have moved: that is a rollback."""
    dossier = room.dossier(agency)
    found = dossier.system(system)
    if found is None:
        known = ", ".join(each.id for each in dossier.systems)
        raise InvalidInput(f"agency '{agency}' has no system '{system}'", details=[f"known: {known}"])
    if not reason.strip():
        raise InvalidInput("why it is withdrawn is not said", resolution="add --reason TEXT")
    state = room.standing(dossier, found).state
    target = back_to(state)
    if target is not LifecycleState.DRAFT:
        raise Refused(
            f"{system} is '{state}'; only a system of which nothing was moved can be withdrawn",
            resolution=f"ndcops agency {'rollback' if target is not None else 'status'} {agency}",
        )
    entry = StateEntry(
        agency=agency, system=system, state=target, dossier_sha256=dossier_digest(dossier), back=reason.strip()
    )
    plan = Plan(ROOM, room.target.value, f"agency withdraw {agency}", (EnterState(entry, state),))
    return Proposal(plan, dossier, {})
