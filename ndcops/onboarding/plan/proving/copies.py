"""What a restored copy must share with its origin, a line for each difference; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ndcops.model.proving import (
    CatalogDifference,
    LargeObjectDifference,
    Orphans,
    SequenceDifference,
    TableVerification,
)
from ndcops.onboarding.plan.proving.catalogs import GRANTS, judged

LEFT_BEHIND = GRANTS | {"setting"}
"""Kinds of objects that no restore at another server brings: roles are the server's, settings the database's."""


@dataclass(frozen=True)
class CopyLooks:
    """Everything that was looked at on both sides. undecided: what could not be, a line each."""

    tables: Sequence[TableVerification]
    catalog: Iterable[CatalogDifference]
    sequences: Iterable[SequenceDifference]
    large_objects: Iterable[LargeObjectDifference]
    orphans: Iterable[Orphans]
    undecided: Sequence[str]


def copy_differences(looks: CopyLooks) -> tuple[str, ...]:
    """Rows first; none: the copy is its origin as far as a restore goes."""
    return tuple(_lines(looks))


def _lines(looks: CopyLooks) -> Iterator[str]:
    yield from _rows(looks.tables)
    yield from _objects(looks)
    for line in looks.undecided:
        yield f"could not be looked at: {line}"


def _rows(tables: Iterable[TableVerification]) -> Iterator[str]:
    for table in tables:
        if table.problem:
            yield f"{table.table}: could not be compared: {table.problem}"
        elif table.differing_rows:
            yield f"{table.table}: {table.differing_rows} rows differ{_first(table)}"


def _objects(looks: CopyLooks) -> Iterator[str]:
    for key in looks.orphans:
        if not key.not_valid:
            yield f"{key.table}: {key.count} rows without parent ({key.foreign_key})"
    for each in looks.large_objects:
        if not each.rights_only:
            yield f"large object {each.oid}: {each.kind}"
    for sequence in looks.sequences:
        yield f"sequence {sequence.name}: would give {sequence.target_next}, which a row has"
    for one in judged(looks.catalog):
        if one.kind not in LEFT_BEHIND:
            yield f"{one.kind} {one.name}: {one.source or 'none'} at the origin, {one.target or 'none'} restored"


def _first(table: TableVerification) -> str:
    """Which row, by its key: the line stays on the operator's screen, never in the ledger."""
    if not table.listed:
        return ""
    row = table.listed[0]
    return (
        f", such as {', '.join(row.key)} ({row.kind})" if row.key else f", such as one at {row.place} ({row.kind})"
    )
