"""Which waivers count today, and where; pure."""

from collections.abc import Callable, Sequence
from datetime import date

from ndcops.model.control import Catalogue
from ndcops.model.host import Host
from ndcops.model.waiver import Waiver, Waivers, WaiverState

IsValid = Callable[[str, bytes, str], bool]


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
    owner = document.owner(waiver.owner) if document is not None else None
    if waiver.control is not None and catalogue.control(waiver.control) is None:
        return f"there is no control '{waiver.control}'"
    if waiver.is_expired(today):
        return f"expired on {waiver.expires}"
    if owner is None:
        return f"owner '{waiver.owner}' is not declared"
    if not waiver.signature:
        return f"not signed by {waiver.owner}"
    if not is_valid(owner.public_key, waiver.signed_bytes(), waiver.signature):
        return f"the signature is not by {waiver.owner} over this entry"
    return ""


def waived_controls(states: Sequence[WaiverState], host: str) -> frozenset[str]:
    """Controls that need not hold on a host."""
    return frozenset(
        state.waiver.control
        for state in states
        if state.waiver.control is not None and not state.problem and host in state.hosts
    )
