"""From catalogs to a ProbedDatabase; what the account may not read is named, never guessed."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from psycopg import sql

from ndcops.adapters.postgres_servers.row_sizes import LEAST_TOAST_BYTES, largest_row
from ndcops.adapters.postgres_servers.sources import questions
from ndcops.adapters.postgres_servers.sources.reading import NotInTime, Reading
from ndcops.model.errors import NdcopsError
from ndcops.model.probe import ProbedColumn, ProbedDatabase, ProbedObjects, ProbedSettings, ProbedTable

_LEAST_AGE_S = 3600
"""Counters younger than an hour say nothing of a day."""

_LEAST_WAL_AGE_S = 60
"""A server that was made this minute mostly wrote itself."""

_LONGEST_VALUE = 400
_SAMPLED_BY_BLOCKS = 100_000
"""Rows from which a table is sampled by blocks over all of it, not from its beginning."""


def read_database(session: Reading, *, taken_at: datetime, sample_rows: int) -> ProbedDatabase:
    """Everything that the database tells. Raises NdcopsError when even the basic facts are refused."""
    identity = session.row(questions.IDENTITY)
    hidden: list[str] = []
    wal_bytes_s, wal_age_s = _wal(session, hidden)
    age_s = wal_age_s
    if identity["counted_since"] is not None:
        age_s = int((identity["server_time"] - identity["counted_since"]).total_seconds())
    objects = _objects(session, hidden)
    return ProbedDatabase(
        name=identity["name"],
        version=identity["version"].split()[0],
        version_number=session.server_version,
        server_time=identity["server_time"],
        taken_at=taken_at,
        size_bytes=identity["size_bytes"],
        growth_bytes_day=_growth(session, age_s),
        counters_age_s=age_s,
        wal_bytes_s=wal_bytes_s,
        encoding=identity["encoding"],
        collation=identity["collation"],
        schemas=_names(session.rows(questions.SCHEMAS)),
        extensions=_names(session.rows(questions.EXTENSIONS)),
        tables=_tables(session, sample_rows, hidden),
        settings=ProbedSettings(**session.row(questions.SETTINGS)),
        objects=objects,
        hidden=tuple(hidden),
    )


def _names(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(row["name"] for row in rows)


def _wal(session: Reading, hidden: list[str]) -> tuple[int | None, int | None]:
    """WAL in bytes a second since the server's counters began, and their age in seconds."""
    if session.server_version < 140000:
        hidden.append("WAL per second: counted since version 14 only")
        return None, None
    row = session.row(questions.WAL)
    age_s = row["age_s"]
    if age_s is None or age_s < _LEAST_WAL_AGE_S:
        return None, age_s
    return row["wal_bytes"] // age_s, age_s


def _growth(session: Reading, age_s: int | None) -> int | None:
    if age_s is None or age_s < _LEAST_AGE_S:
        return None
    return int(session.row(questions.GROWTH)["bytes"] * 86_400 // age_s)


def _objects(session: Reading, hidden: list[str]) -> ProbedObjects:
    found: dict[str, Any] = {**session.row(questions.COUNTS)}
    found["triggers"] = session.row(questions.TRIGGERS)["count"]
    found["large_objects"] = session.row(questions.LARGE_OBJECTS)["count"]
    found["oldest_transaction_s"] = session.row(questions.OLDEST)["seconds"]
    for name, question in questions.LISTS.items():
        try:
            found[name] = _names(session.rows(question))
        except NotInTime:
            raise
        except NdcopsError as error:
            hidden.append(f"{name.replace('_', ' ')}: {error.message}")
    return ProbedObjects(**found)


def _tables(session: Reading, sample_rows: int, hidden: list[str]) -> tuple[ProbedTable, ...]:
    columns: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in session.rows(questions.COLUMNS):
        columns[row["table_schema"], row["table_name"]].append(row)
    return tuple(
        _table(session, row, columns[row["table_schema"], row["name"]], sample_rows, hidden)
        for row in session.rows(questions.TABLES)
    )


def _table(
    session: Reading, row: dict[str, Any], columns: list[dict[str, Any]], sample_rows: int, hidden: list[str]
) -> ProbedTable:
    name = sql.Identifier(row["table_schema"], row["name"])
    shown = f"{row['table_schema']}.{row['name']}"
    estimate = row["estimate"] if row["estimate"] >= 0 else None
    rows, exact, samples = estimate, False, {}
    largest: int | None = None
    if not row["readable"]:
        hidden.append(f"table {shown}: its rows may not be read")
    else:
        rows, exact = _count(session, name, estimate)
        samples = _sample(session, name, columns, rows, sample_rows, shown, hidden)
        largest = _largest(session, name, columns, row["toast_bytes"], shown, hidden)
    return ProbedTable(
        table_schema=row["table_schema"],
        name=row["name"],
        columns=tuple(
            ProbedColumn(
                name=column["name"],
                type=column["type"],
                not_null=column["not_null"],
                comment=column["comment"],
                sample=samples.get(column["name"], ()),
            )
            for column in columns
        ),
        primary_key=tuple(row["primary_key"]),
        rows=rows,
        rows_exact=exact,
        size_bytes=row["size_bytes"],
        replica_identity=row["replica_identity"],
        unlogged=row["unlogged"],
        partitioned=row["partitioned"],
        comment=row["comment"],
        largest_row_bytes=largest,
    )


def _largest(
    session: Reading,
    name: sql.Identifier,
    columns: list[dict[str, Any]],
    toast_bytes: int,
    shown: str,
    hidden: list[str],
) -> int | None:
    """Bytes of the largest row, where there may be a large one."""
    if toast_bytes < LEAST_TOAST_BYTES:
        return 0
    named = [(column["name"], column["type"]) for column in columns if column["readable"]]
    try:
        return int(session.row(largest_row(name, named, only=False))["bytes"])
    except NotInTime:
        hidden.append(f"table {shown}: its largest row was not found in time")
        return None


def _count(session: Reading, name: sql.Identifier, estimate: int | None) -> tuple[int | None, bool]:
    try:
        return session.row(sql.SQL("SELECT count(*) AS count FROM {}").format(name))["count"], True
    except NotInTime:
        return estimate, False


def _sample(
    session: Reading,
    name: sql.Identifier,
    columns: list[dict[str, Any]],
    rows: int | None,
    sample_rows: int,
    shown: str,
    hidden: list[str],
) -> dict[str, tuple[str, ...]]:
    """Some values of each column that holds text, numbers or days, as text, the first 400 characters of each."""
    chosen = [column["name"] for column in columns if column["readable"] and _is_sampled(column["type"])]
    if not chosen:
        return {}
    fields = sql.SQL(", ").join(
        sql.SQL("left({}::text, {}) AS {}").format(
            sql.Identifier(column), sql.Literal(_LONGEST_VALUE), sql.Identifier(column)
        )
        for column in chosen
    )
    part: sql.Composable = sql.SQL("")
    if rows is not None and rows > _SAMPLED_BY_BLOCKS:
        share = min(100.0, 400.0 * sample_rows / rows)
        part = sql.SQL(" TABLESAMPLE SYSTEM ({})").format(sql.Literal(share))
    query = sql.SQL("SELECT {} FROM {}{} LIMIT {}").format(fields, name, part, sql.Literal(sample_rows))
    try:
        found = session.rows(query)
    except NotInTime:
        hidden.append(f"table {shown}: no sample in time")
        return {}
    return {column: tuple(row[column] for row in found if row[column] is not None) for column in chosen}


def _is_sampled(type_name: str) -> bool:
    return type_name.startswith(
        ("char", "text", "citext", "name", "json", "smallint", "integer", "bigint", "numeric", "date", "timestamp")
    )
