"""How a table's comparison is written as SQL. See the room's `forms` for why each value is spelled as it is."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from ndcops.model.proving import FormColumn, HashMethod, ProvenTable, RowForm, Slice, Spelling, TablePart

_SEND = sql.SQL("pg_catalog.{}({})")
_VERSION = sql.SQL(
    "pg_catalog.hashtextextended("
    "t.xmin::pg_catalog.text || ' ' || t.ctid::pg_catalog.text || ' ' || t.tableoid::pg_catalog.text, 0)"
)


def row_hash(form: RowForm) -> sql.Composed:
    """The number of one row of `t`."""
    if form.method is HashMethod.RECORD:
        return sql.SQL("pg_catalog.hash_record_extended({}, {})").format(
            _record(form.columns), sql.Literal(form.seed)
        )
    text = sql.SQL('({}::pg_catalog.text COLLATE "C")').format(_row(_column(one) for one in form.columns))
    if form.method is HashMethod.TEXT:
        return sql.SQL("pg_catalog.hashtextextended({}, {})").format(text, sql.Literal(form.seed))
    return sql.SQL(
        "('x' || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256("
        "pg_catalog.convert_to({} || {}, 'UTF8')), 'hex'), 16))::pg_catalog.bit(64)::pg_catalog.int8"
    ).format(sql.Literal(f"{form.seed} "), text)


def _record(columns: Sequence[FormColumn]) -> sql.Composed:
    """A row of columns, with all that are spelled together as one text at its end."""
    parts = [_value(one) for one in columns if one.spelling is not Spelling.SPELLED]
    spelled = [_column(one) for one in columns if one.spelling is Spelling.SPELLED]
    if spelled:
        parts.append(sql.SQL('({}::pg_catalog.text COLLATE "C")').format(_row(spelled)))
    return _row(parts)


def _row(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL("ROW({})").format(sql.SQL(", ").join(parts))


def _value(column: FormColumn) -> sql.Composable:
    if column.spelling is Spelling.COLLATED:
        return sql.SQL('{} COLLATE "C"').format(_column(column))
    if column.spelling is Spelling.SENT:
        return _SEND.format(sql.Identifier(column.send), _column(column))
    return _column(column)


def _column(column: FormColumn) -> sql.Composed:
    return sql.SQL("t.{}").format(sql.Identifier(column.name))


def whole(table: ProvenTable) -> sql.Composed:
    """The table with its partitions, without the tables that inherit from it."""
    name = sql.Identifier(table.table_schema, table.name)
    return sql.SQL("{}" if table.partitioned else "ONLY {}").format(name)


def scan(part: TablePart, form: RowForm, piece: Slice) -> sql.Composed:
    """Counts and sums by bucket. OFFSET 0 keeps the hash from being computed for each use of it."""
    return sql.SQL(
        "SELECT (h & {mask})::pg_catalog.int4 AS bucket, pg_catalog.count(*) AS rows, pg_catalog.sum(h) AS total"
        " FROM (SELECT {hash} AS h FROM ONLY {part} t{range} OFFSET 0) x GROUP BY 1"
    ).format(
        mask=sql.Literal(form.buckets - 1),
        hash=row_hash(form),
        part=sql.Identifier(part.table_schema, part.name),
        range=_range(piece),
    )


def _range(piece: Slice) -> sql.Composable:
    if piece.first_page == 0 and piece.last_page is None:
        return sql.SQL("")
    first = sql.SQL(" WHERE t.ctid >= {}::pg_catalog.tid").format(sql.Literal(f"({piece.first_page},0)"))
    if piece.last_page is None:
        return first
    last = sql.SQL(" AND t.ctid < {}::pg_catalog.tid").format(sql.Literal(f"({piece.last_page},0)"))
    return first + last


def rows_of_buckets(table: ProvenTable, form: RowForm, bits: bytes) -> sql.Composed:
    """hash, k0…, place of the rows whose bucket's bit is set, in order of hash."""
    keys = [
        sql.SQL(", t.{} AS {}").format(sql.Identifier(one.name), _numbered(n)) for n, one in enumerate(form.key)
    ]
    texts = [
        sql.SQL(", pg_catalog.format('%s', {name}) AS {name}").format(name=_numbered(n))
        for n in range(len(form.key))
    ]
    return sql.SQL(
        "SELECT h AS hash{texts}, place FROM"
        " (SELECT {hash} AS h{keys}, t.ctid::pg_catalog.text AS place FROM {whole} t OFFSET 0) x"
        " WHERE pg_catalog.get_bit({bits}::pg_catalog.bytea, (h & {mask})::pg_catalog.int4) = 1 ORDER BY h"
    ).format(
        texts=sql.SQL("").join(texts),
        hash=row_hash(form),
        keys=sql.SQL("").join(keys),
        whole=whole(table),
        bits=sql.Literal("\\x" + bits.hex()),
        mask=sql.Literal(form.buckets - 1),
    )


def _numbered(number: int) -> sql.Identifier:
    return sql.Identifier(f"k{number}")


def look_by_key(table: ProvenTable, form: RowForm, keys: Sequence[tuple[str, ...]]) -> sql.Composed:
    """n, count, hash, version of every key. No parameters: a name may hold a percent sign."""
    names = [_numbered(n) for n in range(len(form.key))]
    match = [
        sql.SQL("t.{} OPERATOR({}) w.{}::{}").format(
            sql.Identifier(one.name), sql.SQL(one.operator), name, sql.SQL(one.type)
        )
        for one, name in zip(form.key, names, strict=True)
    ]
    return sql.SQL(
        "SELECT w.n, pg_catalog.count(t.version) AS count, coalesce(pg_catalog.sum(t.h), 0) AS hash,"
        " coalesce(pg_catalog.sum(t.version), 0) AS version"
        " FROM ROWS FROM ({arrays}) WITH ORDINALITY AS w({names}, n) LEFT JOIN LATERAL"
        " (SELECT {hash} AS h, {version} AS version FROM {whole} t WHERE {match}) t ON true"
        " GROUP BY w.n ORDER BY w.n"
    ).format(
        arrays=sql.SQL(", ").join(
            sql.SQL("pg_catalog.unnest({}::pg_catalog.text[])").format(sql.Literal(list(texts)))
            for texts in zip(*keys, strict=True)
        ),
        names=sql.SQL(", ").join(names),
        hash=row_hash(form),
        version=_VERSION,
        whole=whole(table),
        match=sql.SQL(" AND ").join(match),
    )


def look_by_hash(table: ProvenTable, form: RowForm, hashes: Sequence[int]) -> sql.Composed:
    """As `look_by_key`, for tables without one. Reads the whole table."""
    return sql.SQL(
        "SELECT w.n, pg_catalog.count(t.version) AS count, coalesce(pg_catalog.sum(t.h), 0) AS hash,"
        " coalesce(pg_catalog.sum(t.version), 0) AS version"
        " FROM pg_catalog.unnest({hashes}) WITH ORDINALITY AS w(hash, n) LEFT JOIN"
        " (SELECT h, version FROM (SELECT {hash} AS h, {version} AS version FROM {whole} t OFFSET 0) x"
        " WHERE h = ANY ({hashes})) t ON t.h = w.hash GROUP BY w.n ORDER BY w.n"
    ).format(
        hash=row_hash(form),
        version=_VERSION,
        whole=whole(table),
        hashes=sql.SQL("{}::pg_catalog.int8[]").format(sql.Literal(list(hashes))),
    )
