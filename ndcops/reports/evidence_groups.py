"""Brings equal things on many hosts together, so that people can read a page of a hundred hosts; pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from ndcops.reports.evidence_records import Change, ScanFigures

Item = TypeVar("Item")
Key = TypeVar("Key")

_NUMBERED = re.compile(r"(.*?)(\d{1,9})")
NAMES_SHOWN = 12


@dataclass(frozen=True)
class ChangeGroup:
    """The same change of the same thing on some hosts. first, last: between when."""

    task: str
    subject: str
    before: str | None
    after: str | None
    has_values: bool
    hosts: tuple[str, ...]
    first: datetime
    last: datetime


@dataclass(frozen=True)
class ScanGroup:
    """Hosts of which a scanner says the same."""

    figures: ScanFigures
    hosts: tuple[str, ...]
    first: datetime
    last: datetime


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Items by key, both in the order in which they came."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def change_groups(changes: Iterable[Change]) -> tuple[ChangeGroup, ...]:
    """Changes by task, thing and values: the latest first, and of one time those of most hosts."""
    groups = grouped(changes, lambda each: (each.task, each.item))
    found = [
        ChangeGroup(
            task=task,
            subject=item.subject if item else "",
            before=item.before if item else None,
            after=item.after if item else None,
            has_values=item is not None,
            hosts=natural(each.host for each in members),
            first=min(each.time for each in members),
            last=max(each.time for each in members),
        )
        for (task, item), members in groups.items()
    ]
    return tuple(
        sorted(found, key=lambda each: (-each.last.timestamp(), -len(each.hosts), each.task, each.subject))
    )


def scan_groups(scans: Iterable[ScanFigures]) -> tuple[ScanGroup, ...]:
    """Scans by scanner and figures; what fails is part of what is equal."""
    own = {"host": "", "report_sha256": "", "content_sha256": ""}

    def figures(scan: ScanFigures) -> ScanFigures:
        return scan.model_copy(update={**own, "taken_at": datetime.min, "content_sha256": _content(scan)})

    found = [
        ScanGroup(
            members[0],
            natural(each.host for each in members),
            min(each.taken_at for each in members),
            max(each.taken_at for each in members),
        )
        for members in grouped(scans, figures).values()
    ]
    return tuple(sorted(found, key=lambda each: (each.figures.scanner, each.figures.profile, each.hosts[0])))


def _content(scan: ScanFigures) -> str:
    """What a scan was judged by; Lynis digests its own report there, another one for every host."""
    return scan.content_sha256 if scan.index is None else ""


def natural(names: Iterable[str]) -> tuple[str, ...]:
    """Names once each, `node-2` before `node-10`."""
    return tuple(sorted(set(names), key=_natural_key))


def _natural_key(name: str) -> tuple[tuple[str, int, str], ...]:
    parts = re.split(r"(\d{1,9})", name)
    numbers = [*parts[1::2], "-1"]
    return tuple((text, int(number), number) for text, number in zip(parts[::2], numbers, strict=True))


def folded(names: Sequence[str]) -> tuple[str, ...]:
    """Names in natural order, three and more of one run as `node-1 … 40`."""
    ordered = natural(names)
    runs: list[list[str]] = []
    for _, run in groupby(enumerate(ordered), key=lambda each: _run_of(each[0], each[1])):
        runs.append([name for _, name in run])
    return tuple(part for run in runs for part in ([f"{run[0]} … {_number(run[-1])}"] if len(run) > 2 else run))


def _run_of(place: int, name: str) -> tuple[str, int | str]:
    found = _NUMBERED.fullmatch(name)
    if found is None or found[2] != str(int(found[2])):
        return name, name
    return found[1], int(found[2]) - place


def _number(name: str) -> str:
    found = _NUMBERED.fullmatch(name)
    return found[2] if found else name
