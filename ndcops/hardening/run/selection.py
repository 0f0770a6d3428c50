"""Which hosts and controls a command is about, and the plan that is shown for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from ndcops.hardening.plan import HardeningFacts
from ndcops.hardening.steps import HardenWorld
from ndcops.model.errors import InvalidInput
from ndcops.model.host import Host
from ndcops.model.waiver import WaiverState
from ndcops.workflow.plan import Plan


@dataclass(frozen=True)
class Selection:
    """Which hosts and controls a command is about; empty tuples mean all."""

    sites: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A plan and the facts that it was made from: what a person is shown before confirming."""

    plan: Plan[HardenWorld]
    facts: HardeningFacts
    waivers: tuple[WaiverState, ...]


def is_chosen(host: Host, selection: Selection) -> bool:
    """Whether a host is meant."""
    return (
        (not selection.hosts or host.name in selection.hosts)
        and (not selection.sites or host.site in selection.sites)
        and (not selection.roles or host.role.value in selection.roles)
    )


def refuse_unknown(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    """Raises InvalidInput for the first name that is not known."""
    unknown = [name for name in given if name not in known]
    if unknown:
        raise InvalidInput(
            f"unknown {what} '{unknown[0]}'",
            details=[f"known: {', '.join(known)}"],
            resolution="ndcops inventory show",
        )
