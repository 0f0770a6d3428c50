"""How tables are cut into parts and put together into copies, largest first; pure."""

from collections.abc import Sequence

from ndcops.model.seed import SeedTable, TablePart

PAGE_BYTES = 8192
LEAST_PART_BYTES = 64 << 20
"""Below this a table is not cut: every part is a scan of its own."""

BATCH_BYTES = 16 << 20
BATCH_TABLES = 50
"""Small tables cross together, over one pair of connections."""


def cut(table: SeedTable, *, width: int, server_version: int, total_bytes: int = 0) -> tuple[TablePart, ...]:
    """The table's parts: as many as it is larger than a worker's fair share of total_bytes, width at most.

    A table that is not cut is written frozen (`copy_in`), in one transaction with its emptying; so none is cut
    that would not hold up the others. Only PostgreSQL 14 and newer scans rows by where they lie (TID range).
    """
    shares = round(table.size_bytes * width / total_bytes) if total_bytes else width
    wanted = min(width, shares, table.pages * PAGE_BYTES // LEAST_PART_BYTES)
    if wanted < 2 or server_version < 140000:
        return (TablePart(table=table),)
    bounds = [table.pages * number // wanted for number in range(wanted)]
    ends: list[int | None] = [*bounds[1:], None]
    return tuple(
        TablePart(table=table, number=number + 1, of=wanted, first=first, end=end)
        for number, (first, end) in enumerate(zip(bounds, ends, strict=True))
    )


def copies(tables: Sequence[SeedTable], *, width: int, server_version: int) -> tuple[tuple[TablePart, ...], ...]:
    """Every row once: large parts alone, small tables in batches; what takes longest stands first."""
    total_bytes = sum(table.size_bytes for table in tables)
    large: list[tuple[TablePart, ...]] = []
    small: list[SeedTable] = []
    for table in tables:
        if table.size_bytes > BATCH_BYTES:
            parts = cut(table, width=width, server_version=server_version, total_bytes=total_bytes)
            large += [(part,) for part in parts]
        else:
            small.append(table)
    batches = _batches(sorted(small, key=lambda table: -table.size_bytes))
    return tuple(sorted([*large, *batches], key=lambda copy: -sum(part.size_bytes for part in copy)))


def _batches(tables: Sequence[SeedTable]) -> list[tuple[TablePart, ...]]:
    batches: list[list[TablePart]] = []
    filled = 0
    for table in tables:
        if not batches or filled + table.size_bytes > BATCH_BYTES or len(batches[-1]) == BATCH_TABLES:
            batches.append([])
            filled = 0
        batches[-1].append(TablePart(table=table))
        filled += table.size_bytes
    return [tuple(batch) for batch in batches]
