"""Libpq's words for a connection: put together, and changed word by word."""

from psycopg.conninfo import conninfo_to_dict, make_conninfo


def connection_words(**words: str) -> str:
    """The words as one text, quoted as libpq wants it."""
    return make_conninfo(**words)


def with_database(connection: str, database: str) -> str:
    """The same server and account, another database."""
    return make_conninfo(connection, dbname=database)


def database_of(connection: str) -> str | None:
    """The database that the words name; None when they leave it to a service file or the account."""
    found = conninfo_to_dict(connection).get("dbname")
    return str(found) if found else None


def administration_of(connection: str) -> str:
    """The same server and account, its `postgres` database."""
    return with_database(connection, "postgres")
