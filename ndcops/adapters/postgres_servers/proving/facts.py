"""Reads what one side is made of; `databases` calls it."""

from collections import defaultdict
from typing import Any

from psycopg import sql

from ndcops.adapters.postgres_servers.proving import object_questions, questions
from ndcops.adapters.postgres_servers.proving.session import ProofSession
from ndcops.model.errors import Refused
from ndcops.model.proving import (
    CatalogLine,
    DatabaseFacts,
    ForeignKey,
    ProvenColumn,
    ProvenTable,
    SequenceState,
    TablePart,
)

RECORD_VERSION = 140000
"""hash_record_extended is there since."""

LEAST_VERSION = 120000
"""The catalogs that are asked for are there since."""

_TOGETHER = 100
"""Sequences asked in one statement."""

Row = dict[str, Any]


def read_facts(session: ProofSession, ours: str) -> DatabaseFacts:
    """All of it, in one moment. Raises Refused for a server that is too old, NotLookedAt, NdcopsError."""
    if session.server_version < LEAST_VERSION:
        raise Refused(
            f"PostgreSQL {session.server_version // 10000} is too old to be compared row by row",
            details=[f"{LEAST_VERSION // 10000} and newer are: older ones write floats in another way"],
            resolution="upgrade the source first (pg_upgrade), or move it by dump and restore",
        )
    with session.moment():
        hidden: list[str] = []
        identity = session.rows(questions.IDENTITY)[0]
        native = session.server_version >= RECORD_VERSION
        return DatabaseFacts(
            name=identity["name"],
            server_version=session.server_version,
            encoding=identity["encoding"],
            tables=_tables(session, ours),
            lines=_lines(session, ours),
            sequences=_sequences(session, ours, hidden),
            foreign_keys=_foreign_keys(session, ours, hidden),
            native_probe=session.rows(_of(questions.NATIVE_PROBE, ours))[0]["probe"] if native else None,
            text_probe=session.rows(questions.TEXT_PROBE)[0]["probe"],
            hidden=tuple(hidden),
        )


def _of(question: str, ours: str) -> sql.Composed:
    return sql.SQL(question).format(ours=sql.Literal(ours))


def _lines(session: ProofSession, ours: str) -> tuple[CatalogLine, ...]:
    return tuple(
        CatalogLine(row["kind"], row["name"], row["value"] or "")
        for question in object_questions.LINES
        for row in session.rows(_of(question, ours))
    )


def _tables(session: ProofSession, ours: str) -> tuple[ProvenTable, ...]:
    columns: dict[int, list[Row]] = defaultdict(list)
    for row in session.rows(_of(questions.COLUMNS, ours)):
        columns[row["oid"]].append(row)
    parts: dict[int, list[Row]] = defaultdict(list)
    for row in session.rows(_of(questions.PARTS, ours)):
        parts[row["oid"]].append(row)
    keys = {row["oid"]: row for row in session.rows(_of(questions.KEYS, ours))}
    return tuple(
        _table(row, columns[row["oid"]], parts[row["oid"]], keys.get(row["oid"]))
        for row in session.rows(_of(questions.TABLES, ours))
    )


def _table(row: Row, columns: list[Row], parts: list[Row], key: Row | None) -> ProvenTable:
    return ProvenTable(
        table_schema=row["table_schema"],
        name=row["name"],
        full_name=row["full_name"],
        partitioned=row["partitioned"],
        unlogged=row["unlogged"],
        columns=tuple(ProvenColumn(name=one["name"], type=one["type"], base=one["base"]) for one in columns),
        key=tuple(key["columns"]) if key is not None else (),
        key_operators=tuple(key["operators"]) if key is not None else (),
        parts=tuple(
            TablePart(table_schema=one["table_schema"], name=one["name"], pages=one["pages"]) for one in parts
        ),
        rows=max(row["rows"], sum(one["rows"] for one in parts)),
        problem=_problem(row, parts),
    )


def _problem(row: Row, parts: list[Row]) -> str:
    if not row["readable"]:
        return "its rows may not be read"
    if row["filtered"]:
        return "row security hides rows from this account"
    foreign = [one["name"] for one in parts if one["kind"] != "r"]
    return f"parts that are no tables: {', '.join(foreign[:3])}" if foreign else ""


def _sequences(session: ProofSession, ours: str, hidden: list[str]) -> tuple[SequenceState, ...]:
    found = session.rows(_of(questions.SEQUENCES, ours))
    hidden += [f"sequence {row['name']}: may not be read" for row in found if not row["readable"]]
    readable = [row for row in found if row["readable"]]
    states = []
    for start in range(0, len(readable), _TOGETHER):
        asked = readable[start : start + _TOGETHER]
        query = sql.SQL(" UNION ALL ").join(_state_of(number, row) for number, row in enumerate(asked))
        states += sorted(session.rows(query), key=lambda state: state["n"])
    return tuple(
        SequenceState(
            name=row["name"],
            last_value=state["last_value"],
            is_called=state["is_called"],
            increment=row["increment"],
            cycles=row["cycles"],
            highest=state["highest"],
        )
        for row, state in zip(readable, states, strict=True)
    )


def _state_of(number: int, row: Row) -> sql.Composed:
    highest: sql.Composable = sql.SQL("NULL::int8")
    if row["column_name"] is not None:
        highest = sql.SQL("(SELECT {}({})::int8 FROM {})").format(
            sql.SQL("max" if row["increment"] > 0 else "min"),
            sql.Identifier(row["column_name"]),
            sql.Identifier(row["table_schema"], row["table_name"]),
        )
    return sql.SQL("SELECT {} AS n, last_value, is_called, {} AS highest FROM {}").format(
        sql.Literal(number), highest, sql.Identifier(row["sequence_schema"], row["sequence"])
    )


def _foreign_keys(session: ProofSession, ours: str, hidden: list[str]) -> tuple[ForeignKey, ...]:
    found = session.rows(_of(questions.FOREIGN_KEYS, ours))
    hidden += [
        f"foreign key {row['name']} of {row['table_schema']}.{row['table']}: keys over periods are not checked"
        for row in found
        if row["temporal"]
    ]
    return tuple(
        ForeignKey(
            name=row["name"],
            table_schema=row["table_schema"],
            table=row["table"],
            partitioned=row["partitioned"],
            columns=tuple(row["columns"]),
            parent_schema=row["parent_schema"],
            parent=row["parent"],
            parent_partitioned=row["parent_partitioned"],
            parent_columns=tuple(row["parent_columns"]),
            operators=tuple(row["operators"]),
            match_full=row["match_full"],
            validated=row["validated"] and row["enforced"],
        )
        for row in found
        if not row["temporal"]
    )
