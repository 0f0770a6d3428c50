"""What the evidence page shows: hosts, controls and rules as they stand by the latest records; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ndcops.model.control import Catalogue as Controls
from ndcops.model.control import Control
from ndcops.model.document import Text
from ndcops.model.host import Host, HostRole
from ndcops.model.record import Record, find_break
from ndcops.model.waiver import WaiverState
from ndcops.reports.evidence_groups import ChangeGroup, change_groups, grouped, natural
from ndcops.reports.evidence_records import Evidence, read_evidence
from ndcops.reports.evidence_rules import RuleFailure, rule_failures

_VALUES_CHARS = 450_000
_AROUND_VALUE_CHARS = 260
"""Markup, hosts and time of one value."""


class HostState(StrEnum):
    """A host by its last verification, worst first."""

    SILENT = "silent"
    DRIFTED = "drifted"
    UNHARDENED = "unhardened"
    NEVER = "never"
    CHANGED = "changed"
    CLEAN = "clean"


class Standing(StrEnum):
    """A control on a host, or on all that it applies to, worst first. CHANGED: since the last verification."""

    DRIFTED = "drifted"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    UNSETTABLE = "unsettable"
    WAIVED = "waived"
    HELD = "held"
    NONE = "none"


class WaiverHold(StrEnum):
    """How a waiver stands: what its signature is worth, and its day."""

    GOOD = "good"
    EXPIRED = "expired"
    UNSIGNED = "unsigned"
    UNFOUNDED = "unfounded"
    BROKEN = "broken"


@dataclass(frozen=True)
class HostFacts:
    """One host. role: None when the inventory does not have it. changed_at: the last control changed there."""

    name: str
    role: HostRole | None
    state: HostState
    verified_at: datetime | None
    changed_at: datetime | None
    last_run: str
    problem: str
    repairs: tuple[str, ...]
    """Controls that no longer hold."""
    differences: int
    """Things unlike the snapshot after hardening, of which controls may know nothing."""


@dataclass(frozen=True)
class ControlFacts:
    """One control on its hosts. known: whether the catalogue has it; else its name is all there is."""

    id: str
    title: Text | str
    layer: int
    cis: tuple[str, ...]
    anssi: tuple[str, ...]
    rules: tuple[str, ...]
    lynis: tuple[str, ...]
    standings: Mapping[str, Standing]
    changes: tuple[ChangeGroup, ...]
    known: bool = True

    @property
    def standing(self) -> Standing:
        """The worst of its hosts'."""
        return min(self.standings.values(), key=list(Standing).index, default=Standing.NONE)

    @property
    def held(self) -> int:
        """Hosts on which it holds."""
        return sum(each is Standing.HELD for each in self.standings.values())

    @property
    def last_change(self) -> datetime | None:
        """When anything of it was last changed on any host."""
        return max((each.last for each in self.changes), default=None)


@dataclass(frozen=True)
class LayerFacts:
    """One of the ten layers, and its controls; number 0 gathers controls that the catalogue no longer has."""

    number: int
    title: Text | str
    controls: tuple[ControlFacts, ...]

    @property
    def held(self) -> int:
        """Pairs of control and host that hold, of `wanted`."""
        return sum(each.held for each in self.controls)

    @property
    def wanted(self) -> int:
        """Pairs of control and host."""
        return sum(len(each.standings) for each in self.controls)


@dataclass(frozen=True)
class EvidenceFacts:
    """Everything that the page shows."""

    evidence: Evidence
    hosts: tuple[HostFacts, ...]
    layers: tuple[LayerFacts, ...]
    outside: LayerFacts
    failures: tuple[RuleFailure, ...]
    waivers: tuple[tuple[WaiverState, WaiverHold], ...]
    broken: str | None
    """Why the chain does not hold; None when it does."""

    @property
    def controls(self) -> tuple[ControlFacts, ...]:
        """Controls of the catalogue that apply to a host here."""
        return tuple(each for layer in self.layers for each in layer.controls if each.standings)


def gather_evidence(
    records: Sequence[Record],
    catalogue: Controls,
    waivers: Sequence[WaiverState],
    hosts: Sequence[Host],
    today: date,
) -> EvidenceFacts:
    """The facts by the latest records. hosts: the inventory's; those of records and waivers are added."""
    evidence = read_evidence(records)
    roles = {host.name: host.role for host in hosts}
    names = natural({*roles, *evidence.hosts(), *(host for state in waivers for host in state.hosts)})
    found = tuple(_host(name, roles.get(name), evidence) for name in names)
    controls = _controls(evidence, catalogue, found, waivers)
    return EvidenceFacts(
        evidence=evidence,
        hosts=found,
        layers=tuple(
            LayerFacts(layer.number, layer.title, tuple(each for each in controls if each.layer == layer.number))
            for layer in sorted(catalogue.layers, key=lambda layer: layer.number)
        ),
        outside=LayerFacts(0, "", tuple(each for each in controls if not each.known)),
        failures=rule_failures(evidence, catalogue, waivers, roles),
        waivers=tuple((state, _hold(state, catalogue, today)) for state in waivers),
        broken=find_break(records),
    )


def _host(name: str, role: HostRole | None, evidence: Evidence) -> HostFacts:
    asked = evidence.asked.get(name)
    drift = asked.drift if asked else None
    changed_at = evidence.touched.get(name)
    repairs = _repairs(name, evidence)
    state = HostState.CLEAN
    if asked is None or drift is None:
        state = HostState.DRIFTED if repairs else HostState.NEVER
    elif drift.problem:
        state = HostState.SILENT
    elif changed_at is not None and changed_at > asked.time:
        state = HostState.CHANGED
    elif drift.last_run is None:
        state = HostState.UNHARDENED
    elif repairs:
        state = HostState.DRIFTED
    return HostFacts(
        name=name,
        role=role,
        state=state,
        verified_at=asked.time if asked else None,
        changed_at=changed_at,
        last_run=(drift.last_run or "") if drift else "",
        problem=drift.problem if drift else "",
        repairs=repairs,
        differences=len(drift.differences) if drift else 0,
    )


def _repairs(name: str, evidence: Evidence) -> tuple[str, ...]:
    """Controls that did not hold when each was last looked at."""
    asked, looks = evidence.asked.get(name), evidence.looked_at(name)
    drifted = {change.control for change in asked.drift.changes} if asked else set()
    drifted -= looks.keys()
    return natural(drifted | {control for control, look in looks.items() if look.drifts})


def _controls(
    evidence: Evidence, catalogue: Controls, hosts: Sequence[HostFacts], waivers: Sequence[WaiverState]
) -> list[ControlFacts]:
    waived = {(state.waiver.control, host) for state in waivers if not state.problem for host in state.hosts}
    changes = grouped(evidence.changes.values(), lambda each: each.control)
    found = []
    for control in catalogue.controls:
        here = [host for host in hosts if _applies(control, host, evidence)]
        standings = {host.name: _standing(control.id, host, evidence, waived) for host in here}
        told = control.model_dump(include={"id", "layer", "cis", "anssi", "rules", "lynis"})
        changed = change_groups(changes.pop(control.id, ()))
        found.append(ControlFacts(**told, title=control.title, standings=standings, changes=changed))
    for name, members in changes.items():
        groups = change_groups(members)
        found.append(ControlFacts(name, name, 0, (), (), (), (), {}, groups, known=False))
    return found


def _applies(control: Control, host: HostFacts, evidence: Evidence) -> bool:
    """By the host's role; without one only where the control has changed something."""
    return host.role in control.roles if host.role else (host.name, control.id) in evidence.changed_at


def _standing(control: str, host: HostFacts, evidence: Evidence, waived: set[tuple[str | None, str]]) -> Standing:
    asked, changed_at = evidence.asked.get(host.name), evidence.changed_at.get((host.name, control))
    look = evidence.looks.get((host.name, control))
    last = look or asked
    if (control, host.name) in waived:
        return Standing.WAIVED
    if changed_at is not None and (last is None or changed_at > last.time):
        return Standing.CHANGED
    if look is not None:
        return Standing.DRIFTED if look.drifts else Standing.UNSETTABLE if look.unsettable else Standing.HELD
    if asked is None:
        return Standing.UNKNOWN
    if control in host.repairs:
        return Standing.DRIFTED
    if host.problem:
        return Standing.UNKNOWN
    return Standing.UNSETTABLE if control in asked.unsettable else Standing.HELD


def _hold(state: WaiverState, catalogue: Controls, today: date) -> WaiverHold:
    """The checks in the room's order: what is not founded, or old, is not looked at further."""
    waiver = state.waiver
    if waiver.control is not None and catalogue.control(waiver.control) is None:
        return WaiverHold.UNFOUNDED
    if waiver.is_expired(today):
        return WaiverHold.EXPIRED
    if not waiver.signature:
        return WaiverHold.UNSIGNED
    return WaiverHold.BROKEN if state.problem else WaiverHold.GOOD


def tally(layer: LayerFacts) -> Counter[Standing]:
    """How many controls of a layer stand how."""
    return Counter(each.standing for each in layer.controls)


def shown_changes(controls: Iterable[ControlFacts]) -> dict[str, int]:
    """How many changes of each control the page has room for: what small ones leave, large ones share."""
    costs = {each.id: [_cost(change) for change in each.changes] for each in controls}
    shown, room = {}, _VALUES_CHARS
    for place, name in enumerate(sorted(costs, key=lambda each: sum(costs[each]))):
        share, spent, count = room // (len(costs) - place), 0, 0
        for cost in costs[name]:
            if spent + cost > share:
                break
            spent, count = spent + cost, count + 1
        shown[name], room = count, room - spent
    return shown


def _cost(change: ChangeGroup) -> int:
    return sum(len(each or "") for each in (change.subject, change.before, change.after)) + _AROUND_VALUE_CHARS
