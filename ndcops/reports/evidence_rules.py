"""Rules that fail by a scanner, and who answers for it: a waiver, the catalogue, or nobody; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ndcops.model.control import Catalogue as Controls
from ndcops.model.document import Text
from ndcops.model.host import HostRole
from ndcops.model.waiver import WaiverState
from ndcops.reports.evidence_groups import grouped, natural
from ndcops.reports.evidence_records import Evidence


class Excuse(StrEnum):
    """Why a rule may fail on a host."""

    OPEN = "open"
    WAIVED = "waived"
    UNWINNABLE = "unwinnable"


@dataclass(frozen=True)
class RuleFailure:
    """A scanner's rule that fails on some hosts, all for the same reason or for none."""

    scanner: str
    profile: str
    rule: str
    control: str
    excuse: Excuse
    reason: Text | str
    waiver: str
    hosts: tuple[str, ...]


def rule_failures(
    evidence: Evidence,
    catalogue: Controls,
    waivers: Sequence[WaiverState],
    roles: Mapping[str, HostRole],
) -> tuple[RuleFailure, ...]:
    """Failing rules of the latest scans, those without a reason first. roles: of hosts, as far as known."""
    owners = {one.rule: each for each in catalogue.controls for one in each.unwinnable}
    owners.update({rule: each for each in catalogue.controls for rule in (*each.rules, *each.lynis)})
    counting = [state for state in waivers if not state.problem]

    def failing() -> Iterator[tuple[RuleFailure, str]]:
        for (host, scanner, profile), scan in evidence.scans.items():
            for rule in scan.failing:
                control = owners.get(rule)
                name = control.id if control else ""
                excuse, reason, waiver = _excuse(rule, name, host, counting, catalogue, roles.get(host))
                yield RuleFailure(scanner, profile, rule, name, excuse, reason, waiver, ()), host

    groups = grouped(failing(), lambda each: each[0])
    found = [
        RuleFailure(**{**vars(failure), "hosts": natural(host for _, host in members)})
        for failure, members in groups.items()
    ]
    return tuple(
        sorted(found, key=lambda each: (list(Excuse).index(each.excuse), each.scanner, each.profile, each.rule))
    )


def _excuse(
    rule: str,
    control: str,
    host: str,
    waivers: Sequence[WaiverState],
    catalogue: Controls,
    role: HostRole | None,
) -> tuple[Excuse, Text | str, str]:
    for state in waivers:
        if host in state.hosts and state.waiver.subject in (rule, control):
            return Excuse.WAIVED, state.waiver.reason, state.waiver.id
    for each in (one for entry in catalogue.controls for one in entry.unwinnable):
        if each.rule == rule and (not each.roles or role in each.roles):
            return Excuse.UNWINNABLE, each.reason, ""
    return Excuse.OPEN, "", ""
