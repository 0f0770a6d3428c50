"""How far a dossier has come, in points, so that an agency sees its progress; pure.

The total is that of the EU's metadata quality assessment (405); the parts are ours.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ndcops.model.assessment import CompletenessPart
from ndcops.model.dossier import ContactRole, Dossier
from ndcops.model.dossier.field import LABELS

TOTAL = 405
Item = TypeVar("Item")

_DUTIES = (ContactRole.OWNER, ContactRole.DBA, ContactRole.SECURITY, ContactRole.ON_CALL, ContactRole.ROLLBACK)
_Facts = Iterator[tuple[str, bool]]
"""What was asked, and whether it is there."""


def completeness(dossier: Dossier) -> tuple[CompletenessPart, ...]:
    """Each part with what is missing; a part that has nothing to judge yet has no points."""
    return tuple(_part(name, of, dossier, facts) for name, of, facts in _PARTS)


def _part(name: str, of: int, dossier: Dossier, facts: Callable[[Dossier], _Facts]) -> CompletenessPart:
    found = list(facts(dossier))
    there = sum(is_there for _, is_there in found)
    missing = tuple(what for what, is_there in found if not is_there)
    points = of * there // len(found) if found else 0
    return CompletenessPart(part=name, points=points, of=of, missing=missing or (() if found else (name,)))


def _agency(dossier: Dossier) -> _Facts:
    yield "agency.level", dossier.agency.level is not None
    for role in _DUTIES:
        contact = dossier.contact(role)
        yield f"contacts: {role}", contact is not None
        yield f"contacts: {role} phone", contact is not None and contact.phone is not None


def _systems(dossier: Dossier) -> _Facts:
    names = ("strategy", "criticality", "tier", "home", "standby", "cost_centre", "data_size")
    yield from _attributes("systems", dossier.systems, names)


def _databases(dossier: Dossier) -> _Facts:
    names = (
        "scope", "version", "connection", "size_bytes", "growth_bytes_day", "wal_bytes_s", "tables", "no_pk",
        "large_objects", "extensions", "collation", "encoding",
    )  # fmt: skip
    yield from _attributes("databases", dossier.databases, names)


def _datasets(dossier: Dossier) -> _Facts:
    names = ("importance", "sharing", "role", "subjects", "legal_basis", "retention_days", "update_every_days")
    yield from _attributes("datasets", dossier.datasets, names)


def _fields(dossier: Dossier) -> _Facts:
    for dataset in dossier.datasets:
        for label in (*LABELS, "dictionary_term"):
            given = [getattr(field, label) is not None for field in dataset.fields]
            lacking = len(given) - sum(given)
            yield f"datasets {dataset.id}: {label} of {lacking} fields", bool(given) and not lacking


def _integrations(dossier: Dossier) -> _Facts:
    named = {name for one in dossier.integrations for name in one.datasets}
    for dataset in dossier.datasets:
        yield f"integrations: a way to data set {dataset.id}", dataset.id in named


def _protection(dossier: Dossier) -> _Facts:
    said = {one.system: one for one in dossier.protection}
    for system in dossier.systems:
        one = said.get(system.id)
        yield f"protection: {system.id}", one is not None
        yield f"protection: {system.id} offsite_dc", one is not None and one.offsite_dc is not None
        yield f"protection: {system.id} last_restore_test", one is not None and one.last_restore_test is not None


def _attributes(where: str, items: Iterable[Item], names: tuple[str, ...]) -> _Facts:
    for item in items:
        for name in names:
            yield f"{where} {getattr(item, 'id')}: {name}", getattr(item, name) is not None  # noqa: B009


_PARTS: tuple[tuple[str, int, Callable[[Dossier], _Facts]], ...] = (
    ("agency", 45, _agency),
    ("systems", 70, _systems),
    ("databases", 80, _databases),
    ("datasets", 70, _datasets),
    ("fields", 80, _fields),
    ("integrations", 25, _integrations),
    ("protection", 35, _protection),
)
