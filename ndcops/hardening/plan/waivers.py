"""Which waivers count today, and where; pure."""

from collections.abc import Sequence
from datetime import date

from ndcops.model.control import Catalogue
from ndcops.model.detached_signature import IsValid
from ndcops.model.host import Host
from ndcops.model.waiver import Waiver, Waivers, WaiverState, exception_problem


def waiver_states(
    document: Waivers | None, hosts: Sequence[Host], catalogue: Catalogue, today: date, is_valid: IsValid
) -> tuple[WaiverState, ...]:
    """Every waiver with the hosts it covers, and why it does not count if so."""
    return tuple(
        WaiverState(
            waiver=waiver,
            hosts=tuple(host.name for host in hosts if waiver.covers(host)),
            days_left=(waiver.expires - today).days,
            problem=_problem(waiver, document, catalogue, today, is_valid),
        )
        for waiver in (document.waivers if document is not None else ())
    )


def _problem(
    waiver: Waiver, document: Waivers | None, catalogue: Catalogue, today: date, is_valid: IsValid
) -> str:
    if waiver.control is not None and catalogue.control(waiver.control) is None:
        return f"there is no control '{waiver.control}'"
    return exception_problem(waiver, document, today, is_valid)


def waived_controls(states: Sequence[WaiverState], host: str) -> frozenset[str]:
    """Controls that need not hold on a host."""
    return frozenset(
        state.waiver.control
        for state in states
        if state.waiver.control is not None and not state.problem and host in state.hosts
    )
