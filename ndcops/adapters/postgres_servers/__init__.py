"""PostgreSQL servers, through psycopg; it alone imports it."""

from ndcops.adapters.postgres_servers.numbered_rows import NotWritable, NumberedRows
from ndcops.adapters.postgres_servers.ownership import ensure_owned_database
from ndcops.adapters.postgres_servers.session import Login, Session

__all__ = ["Login", "NotWritable", "NumberedRows", "Session", "ensure_owned_database"]
