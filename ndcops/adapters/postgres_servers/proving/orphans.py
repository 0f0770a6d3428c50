"""Foreign keys checked by query, as PostgreSQL checks a new one (RI_Initial_Check): a stream's rows were not."""

from psycopg import sql

from ndcops.adapters.postgres_servers.proving.session import ProofSession
from ndcops.model.proving import ForeignKey, Orphans

_SAMPLED = 20


def find_orphans(session: ProofSession, key: ForeignKey) -> Orphans:
    """How many rows name a parent that is not there, and the values of some."""
    orphaned = _orphaned(key)
    count = session.rows(sql.SQL("SELECT count(*) AS count {}").format(orphaned))[0]["count"]
    sample: tuple[tuple[str, ...], ...] = ()
    if count:
        texts = sql.SQL(", ").join(
            sql.SQL("format('%s', c.{})").format(sql.Identifier(name)) for name in key.columns
        )
        query = sql.SQL("SELECT ARRAY[{}] AS key {} ORDER BY 1 LIMIT {}").format(
            texts, orphaned, sql.Literal(_SAMPLED)
        )
        sample = tuple(tuple(row["key"]) for row in session.rows(query))
    return Orphans(
        foreign_key=key.name,
        table=f"{key.table_schema}.{key.table}",
        count=count,
        sample=sample,
        not_valid=not key.validated,
    )


def _orphaned(key: ForeignKey) -> sql.Composed:
    pairs = zip(key.parent_columns, key.operators, key.columns, strict=True)
    match = [
        sql.SQL("p.{} OPERATOR({}) c.{}").format(sql.Identifier(parent), sql.SQL(operator), sql.Identifier(child))
        for parent, operator, child in pairs
    ]
    given = [sql.SQL("c.{} IS NOT NULL").format(sql.Identifier(name)) for name in key.columns]
    return sql.SQL("FROM {} c LEFT JOIN {} p ON {} WHERE p.{} IS NULL AND ({})").format(
        _rows_of(key.table_schema, key.table, partitioned=key.partitioned),
        _rows_of(key.parent_schema, key.parent, partitioned=key.parent_partitioned),
        sql.SQL(" AND ").join(match),
        sql.Identifier(key.parent_columns[0]),
        sql.SQL(" OR " if key.match_full else " AND ").join(given),
    )


def _rows_of(schema: str, name: str, *, partitioned: bool) -> sql.Composed:
    return sql.SQL("{}" if partitioned else "ONLY {}").format(sql.Identifier(schema, name))
