"""Probed databases for tests, as a source would tell them."""

from datetime import UTC, datetime
from typing import Any

from ndcops.model.probe import ProbedColumn, ProbedDatabase, ProbedObjects, ProbedSettings, ProbedTable

AT = datetime(2026, 2, 1, tzinfo=UTC)


def table(name: str = "a", **changes: Any) -> ProbedTable:
    fields: dict[str, Any] = {
        "table_schema": "public",
        "name": name,
        "columns": (ProbedColumn(name="id", type="bigint"), ProbedColumn(name="ho_ten", type="text")),
        "primary_key": ("id",),
        "rows": 10,
        "rows_exact": True,
        "size_bytes": 8192,
        **changes,
    }
    return ProbedTable.model_validate(fields)


def settings(**changes: Any) -> ProbedSettings:
    fields: dict[str, Any] = {
        "wal_level": "logical",
        "max_replication_slots": 10,
        "used_replication_slots": 0,
        "max_wal_senders": 10,
        "used_wal_senders": 0,
        "max_slot_wal_keep_size_mb": 1024,
        "max_prepared_transactions": 0,
        "in_recovery": False,
        "may_replicate": True,
        "is_superuser": False,
        **changes,
    }
    return ProbedSettings.model_validate(fields)


def probed(*tables: ProbedTable, **changes: Any) -> ProbedDatabase:
    fields: dict[str, Any] = {
        "name": "x",
        "version": "18.4",
        "version_number": 180004,
        "server_time": AT,
        "taken_at": AT,
        "size_bytes": 100 << 20,
        "encoding": "UTF8",
        "collation": "C.UTF-8",
        "schemas": ("public",),
        "extensions": (),
        "tables": tables or (table(),),
        "settings": settings(),
        "objects": ProbedObjects(),
        **changes,
    }
    return ProbedDatabase.model_validate(fields)
