"""What one side of a proof is made of, as its catalogs tell it."""

from typing import NamedTuple

from ndcops.model.document import Value


class ProvenColumn(Value):
    """type: as PostgreSQL spells it. base: the type's own name in pg_catalog, below domains; empty for others."""

    name: str
    type: str
    base: str


class TablePart(Value):
    """A heap: a plain table, or one leaf of a partitioned one. pages: of the main fork."""

    table_schema: str
    name: str
    pages: int


class ProvenTable(Value):
    """A table whose rows are compared; a partitioned one is one table, whatever its parts are.

    full_name: schema and name, quoted where PostgreSQL would: no two tables share it.
    key: columns that are never NULL and unique (primary key first, else the shortest such index); empty: compared
    as a multiset. key_operators: of equality, qualified, in the key's order. rows: the planner's estimate.
    unlogged: no stream carries its rows. problem: why its rows cannot be read here; empty when they can.
    """

    table_schema: str
    name: str
    full_name: str
    partitioned: bool
    unlogged: bool
    columns: tuple[ProvenColumn, ...]
    key: tuple[str, ...]
    key_operators: tuple[str, ...]
    parts: tuple[TablePart, ...]
    rows: int
    problem: str = ""

    @property
    def pages(self) -> int:
        """Of all parts."""
        return sum(part.pages for part in self.parts)


class CatalogLine(NamedTuple):
    """One fact of one object that both sides must share: kind (`index`, `grant` …), which object, what of it."""

    kind: str
    name: str
    value: str


class SequenceState(Value):
    """Where a sequence stands. highest: of the column that owns it, in the direction it counts; None without."""

    name: str
    last_value: int
    is_called: bool
    increment: int
    cycles: bool
    highest: int | None = None

    @property
    def next_value(self) -> int:
        """What nextval would give (wrap-around left aside)."""
        return self.last_value + self.increment if self.is_called else self.last_value


class ForeignKey(Value):
    """A foreign key to check by query. operators: parent's column to child's, in the columns' order, qualified."""

    name: str
    table_schema: str
    table: str
    partitioned: bool
    columns: tuple[str, ...]
    parent_schema: str
    parent: str
    parent_partitioned: bool
    parent_columns: tuple[str, ...]
    operators: tuple[str, ...]
    match_full: bool
    validated: bool


class LargeObject(NamedTuple):
    """sha256: of the content, hexadecimal. rights: owner and grants in one text."""

    oid: int
    sha256: str
    rights: str


class DatabaseFacts(Value):
    """A side as it is now. server_version: as PostgreSQL numbers it (150008).

    native_probe, text_probe: what its hash functions make of known values; equal on both sides, or not used.
    """

    name: str
    server_version: int
    encoding: str
    tables: tuple[ProvenTable, ...]
    lines: tuple[CatalogLine, ...]
    sequences: tuple[SequenceState, ...]
    foreign_keys: tuple[ForeignKey, ...]
    native_probe: int | None
    text_probe: int
    hidden: tuple[str, ...] = ()
