"""In which order everything that lived at lost sites is brought back elsewhere, from the register alone.

What others need comes first, and is as urgent as the most urgent of those that need it. Systems that need each
other are brought back together. Needs that are soft order nothing: what works without is not held up.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.errors import NdcopsError
from ndcops.model.migrations import migrate
from ndcops.model.register import DossierEntry, Register, ServiceEntry
from ndcops.onboarding.plan.ordering import dependency_groups

_GRADES = {"A": 1, "B": 2, "C": 3, "D": 4}
_LEAST_URGENT = 4
_NO_TIME_SAID_S = 31_536_000

Where = Literal["standby", "another copy", "no copy known"]


@dataclass(frozen=True)
class Restorable:
    """A service or system: where it lives, how urgent it is (grade 1 first), what it cannot do without."""

    id: str
    title_vi: str
    title_en: str
    agency: str
    home: str | None
    standby: str | None
    grade: int
    rpo_s: int | None
    rto_s: int | None
    needs: tuple[str, ...]
    copies_at: tuple[str, ...] = ()


@dataclass(frozen=True)
class RestoreStep:
    """One group of the plan. members: brought back together; after: numbers of the steps that must be done.

    urgency: the grade that it is brought back with, its own or that of what needs it.
    """

    number: int
    members: tuple[Restorable, ...]
    targets: Mapping[str, str | None]
    how: Mapping[str, Where]
    after: tuple[int, ...]
    urgency: int
    urgent_for: str | None


@dataclass(frozen=True)
class RestorePlan:
    """lost: the sites; kept: how many live elsewhere; unknown_home: where nobody said where they live."""

    lost: tuple[str, ...]
    steps: tuple[RestoreStep, ...]
    kept: int
    unknown_home: tuple[str, ...]
    unprotected: tuple[str, ...]


def restore_plan(register: Register, lost: Sequence[str]) -> RestorePlan:
    """The plan for losing these sites. Raises NdcopsError when a dossier of the register cannot be read."""
    everything = {item.id: item for item in _restorables(register)}
    gone = {name: item for name, item in everything.items() if item.home in lost}
    groups = dependency_groups({name: _lost_needs(item, gone) for name, item in gone.items()})
    ordered = _ordered(groups, gone)
    number_of = {name: number for number, group in enumerate(ordered, start=1) for name in group.names}
    steps = tuple(_step(number, group, gone, number_of, lost) for number, group in enumerate(ordered, start=1))
    return RestorePlan(
        lost=tuple(lost),
        steps=steps,
        kept=sum(item.home is not None and item.home not in lost for item in everything.values()),
        unknown_home=tuple(sorted(name for name, item in everything.items() if item.home is None)),
        unprotected=tuple(name for step in steps for name, how in step.how.items() if how == "no copy known"),
    )


@dataclass(frozen=True)
class _Group:
    names: tuple[str, ...]
    needs: frozenset[int]
    urgency: tuple[int, int]
    urgent_for: str | None


def _lost_needs(item: Restorable, gone: Mapping[str, Restorable]) -> list[str]:
    return [need for need in item.needs if need in gone]


def _ordered(groups: Sequence[tuple[str, ...]], gone: Mapping[str, Restorable]) -> list[_Group]:
    """Groups so that needs come first, and among those that may come next the most urgent."""
    index_of = {name: index for index, names in enumerate(groups) for name in names}
    needs = [
        frozenset(index_of[need] for name in names for need in _lost_needs(gone[name], gone)) - {index}
        for index, names in enumerate(groups)
    ]
    urgency, reason = _inherited(groups, needs, gone)
    waiting_for = [len(each) for each in needs]
    needed_by: list[list[int]] = [[] for _ in groups]
    for index, each in enumerate(needs):
        for need in each:
            needed_by[need].append(index)
    ready = [(urgency[index], groups[index]) for index, count in enumerate(waiting_for) if count == 0]
    heapq.heapify(ready)
    ordered = []
    while ready:
        _, names = heapq.heappop(ready)
        index = index_of[names[0]]
        ordered.append(_Group(names, needs[index], urgency[index], reason[index]))
        for above in needed_by[index]:
            waiting_for[above] -= 1
            if waiting_for[above] == 0:
                heapq.heappush(ready, (urgency[above], groups[above]))
    return ordered


def _inherited(
    groups: Sequence[tuple[str, ...]], needs: Sequence[frozenset[int]], gone: Mapping[str, Restorable]
) -> tuple[list[tuple[int, int]], list[str | None]]:
    """Urgency (grade, then seconds) of each group: the most urgent of its own and of all that need it."""
    urgency = [min(_urgency(gone[name]) for name in names) for names in groups]
    reason: list[str | None] = [None] * len(groups)
    for index in reversed(range(len(groups))):  # groups come after what they need
        for need in needs[index]:
            if urgency[index] < urgency[need]:
                urgency[need] = urgency[index]
                reason[need] = reason[index] or groups[index][0]
    return urgency, reason


def _urgency(item: Restorable) -> tuple[int, int]:
    return item.grade, item.rto_s if item.rto_s is not None else _NO_TIME_SAID_S


def _step(
    number: int,
    group: _Group,
    gone: Mapping[str, Restorable],
    number_of: Mapping[str, int],
    lost: Sequence[str],
) -> RestoreStep:
    members = tuple(gone[name] for name in group.names)
    places = {item.id: _place(item, lost) for item in members}
    after = {number_of[need] for item in members for need in _lost_needs(item, gone)} - {number}
    return RestoreStep(
        number=number,
        members=members,
        targets={name: place for name, (place, _) in places.items()},
        how={name: how for name, (_, how) in places.items()},
        after=tuple(sorted(after)),
        urgency=group.urgency[0],
        urgent_for=group.urgent_for,
    )


def _place(item: Restorable, lost: Sequence[str]) -> tuple[str | None, Where]:
    if item.standby is not None and item.standby not in lost:
        return item.standby, "standby"
    left = [site for site in item.copies_at if site not in lost]
    return (left[0], "another copy") if left else (None, "no copy known")


def _restorables(register: Register) -> Iterable[Restorable]:
    """Services, then systems; a system that names its service is that service, under the service's id."""
    hosted = {service.id for service in register.services}
    dossiers = [_dossier(entry) for entry in register.dossiers]
    is_service = {
        system.id: system.service
        for dossier in dossiers
        for system in dossier.systems
        if system.service is not None and system.service in hosted
    }
    for service in register.services:
        yield _of_service(service)
    for dossier in dossiers:
        for system in dossier.systems:
            if system.id not in is_service and system.id not in hosted:
                yield _of_system(dossier, system, is_service)


def _of_service(service: ServiceEntry) -> Restorable:
    return Restorable(
        id=service.id,
        title_vi=service.title_vi,
        title_en=service.title_en,
        agency="",
        home=service.home,
        standby=service.standby,
        grade=_GRADES[service.grade],
        rpo_s=service.rpo_s,
        rto_s=service.rto_s,
        needs=service.depends_on,
    )


def _of_system(dossier: Dossier, system: DossierSystem, is_service: Mapping[str, str]) -> Restorable:
    needs = dict.fromkeys(is_service.get(need.to, need.to) for need in system.depends_on if need.hard)
    copies = [each.offsite_dc for each in dossier.protection if each.system == system.id]
    return Restorable(
        id=system.id,
        title_vi=system.title.vi,
        title_en=system.title.en,
        agency=dossier.id,
        home=system.home,
        standby=system.standby,
        grade=system.tier.grade if system.tier else _LEAST_URGENT,
        rpo_s=system.tier.rpo_s if system.tier else None,
        rto_s=system.tier.rto_s if system.tier else None,
        needs=tuple(needs),
        copies_at=tuple(site for site in copies if site is not None),
    )


def _dossier(entry: DossierEntry) -> Dossier:
    try:
        return Dossier.model_validate(migrate(dict(entry.dossier), kind=Dossier.KIND, current=Dossier.VERSION))
    except ValueError as error:
        raise NdcopsError(
            f"the register's dossier of '{entry.agency}' (record {entry.record}) cannot be read",
            details=[" ".join(str(error).split())[:300]],
            resolution="read it with the release that wrote it",
        ) from error
