"""Sources and targets of a seed as they are found, for tests of plans."""

from typing import Any

from ndcops.model.move import Move
from ndcops.model.seed import SeedSource, SeedTable, SeedTarget, StreamSlot

MOVE = Move(
    agency="agency-x",
    system="x-records",
    database="x-db",
    source="host=a dbname=x",
    target="host=b dbname=x",
    source_for_target="host=a dbname=x",
    target_for_source="host=b dbname=x",
)


def seed_table(oid: int = 1, **changes: Any) -> SeedTable:
    fields: dict[str, Any] = {
        "oid": oid,
        "table_schema": "public",
        "name": f"t{oid}",
        "size_bytes": 8192,
        "pages": 1,
        "columns": ("id",),
        **changes,
    }
    return SeedTable(**fields)


def seed_source(*tables: SeedTable, **changes: Any) -> SeedSource:
    fields: dict[str, Any] = {
        "name": "x",
        "version": "18.4",
        "version_number": 180004,
        "size_bytes": 1 << 20,
        "encoding": "UTF8",
        "collate": "C.UTF-8",
        "ctype": "C.UTF-8",
        "wal_level": "logical",
        "free_slots": 3,
        "free_senders": 3,
        "superuser": True,
        "may_replicate": True,
        "may_create": True,
        "encrypted": True,
        "languages": ("plpgsql", "sql"),
        "extensions": {"plpgsql": "1.0"},
        "tables": tables or (seed_table(1), seed_table(2)),
        **changes,
    }
    return SeedSource(**fields)


def seed_target(**changes: Any) -> SeedTarget:
    fields: dict[str, Any] = {
        "version": "18.4",
        "version_number": 180004,
        "superuser": True,
        "wal_level": "logical",
        "extensions": {"plpgsql": "1.0"},
        "languages": ("plpgsql", "sql"),
        "locales": ("C.UTF-8",),
        **changes,
    }
    return SeedTarget(**fields)


def slot(position: str = "0/1", **changes: Any) -> StreamSlot:
    return StreamSlot(position=position, active=False, lag_bytes=0, retained_bytes=0, **changes)
