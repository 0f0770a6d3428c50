"""Rows that one end writes and the other waits for: changes are applied in the order of their commits, so whoever
sees one has all that was committed before it (PostgreSQL docs, Logical Replication).
"""

from ndcops.adapters.postgres_servers.session import StatementFailed
from ndcops.adapters.postgres_servers.switching.sessions import EndSessions, quoted

SENTINEL = "sentinel"
_DUPLICATE_OBJECT = "42710"
_TABLE = "CREATE TABLE IF NOT EXISTS {schema}.sentinel (token text PRIMARY KEY, lsn text NOT NULL)"
_SEAL = "CREATE TABLE IF NOT EXISTS {schema}.seal (single bool PRIMARY KEY DEFAULT true CHECK (single), lsn text)"


class Sentinels:
    """schema: of our own tables."""

    def __init__(self, sessions: EndSessions, schema: str) -> None:
        self._sessions = sessions
        self._schema = quoted(schema)
        self._name = schema

    def make_room(self) -> None:
        """Schema and tables, where they are missing."""
        if not self._sessions.run("SELECT 1 FROM pg_namespace WHERE nspname = $1", self._name):
            self._sessions.run(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
        for table in (_TABLE, _SEAL):
            self._sessions.run(table.format(schema=self._schema))

    def publish(self, publication: str) -> None:
        """See the port."""
        found = self._sessions.run(
            "SELECT 1 FROM pg_publication_tables WHERE pubname = $1 AND schemaname = $2 AND tablename = $3",
            publication,
            self._name,
            SENTINEL,
        )
        if found:
            return
        try:
            self._sessions.run(f"ALTER PUBLICATION {quoted(publication)} ADD TABLE {self._schema}.{SENTINEL}")
        except StatementFailed as error:
            if error.state != _DUPLICATE_OBJECT:
                raise

    def follow(self, subscription: str) -> None:
        """See the port."""
        found = self._sessions.run(
            "SELECT 1 FROM pg_subscription s JOIN pg_subscription_rel r ON r.srsubid = s.oid "
            "WHERE s.subname = $1 AND r.srrelid = to_regclass($2)",
            subscription,
            f"{self._schema}.{SENTINEL}",
        )
        if not found:
            self._sessions.patiently(
                f"ALTER SUBSCRIPTION {quoted(subscription)} REFRESH PUBLICATION WITH (copy_data = false)"
            )

    def send(self, token: str) -> None:
        """See the port."""
        self._sessions.run(
            f"INSERT INTO {self._schema}.{SENTINEL} (token, lsn) "  # noqa: S608
            "VALUES ($1, pg_current_wal_insert_lsn()::text) ON CONFLICT DO NOTHING",
            token,
        )

    def has(self, token: str) -> bool:
        """See the port."""
        found = self._sessions.run(
            f"SELECT 1 FROM {self._schema}.{SENTINEL} WHERE token = $1",  # noqa: S608
            token,
        )
        return bool(found)

    def seal(self) -> str:
        """A commit that waits for disk and standby takes everything before it there too: an apply worker's own
        commits do not wait (`synchronous_commit` of subscriptions is off).
        """
        self._sessions.run(
            f"INSERT INTO {self._schema}.seal (lsn) VALUES (pg_current_wal_insert_lsn()::text) "  # noqa: S608
            "ON CONFLICT (single) DO UPDATE SET lsn = excluded.lsn"
        )
        return self._sessions.value("SELECT pg_current_wal_flush_lsn()")
