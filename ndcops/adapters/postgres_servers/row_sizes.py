"""How large the largest row of a table is, without fetching values that lie out of line."""

from collections.abc import Sequence

from psycopg import sql

LEAST_TOAST_BYTES = 1 << 20
"""A row of 256 MiB leaves at least this much out of line: lz4 packs 255 to 1 at best."""

_PLAIN = ("text", "bytea", "varchar", "character varying")
"""Types whose length stands beside the pointer to what lies out of line; others tell their packed size."""


def largest_row(table: sql.Identifier, columns: Sequence[tuple[str, str]], *, only: bool) -> sql.Composed:
    """A query that gives `bytes`. columns: names and types. only: not the rows of inheriting tables."""
    sizes = sql.SQL(" + ").join(
        sql.SQL("coalesce({}({}), 0)::bigint").format(
            sql.SQL(
                "octet_length" if kind.removesuffix("[]") == kind and kind.startswith(_PLAIN) else "pg_column_size"
            ),
            sql.Identifier(column),
        )
        for column, kind in columns
    )
    which = sql.SQL("ONLY {}" if only else "{}").format(table)
    return sql.SQL("SELECT coalesce(max({}), 0) AS bytes FROM {}").format(sizes, which)
