"""Publications, slots and subscriptions of a move, at the end where they stand."""

from collections.abc import Sequence

from ndcops.adapters.postgres_servers.session import StatementFailed
from ndcops.adapters.postgres_servers.switching.sentinel import SENTINEL
from ndcops.adapters.postgres_servers.switching.sessions import EndSessions, literal, quoted
from ndcops.model.cutover import SlotState, Stream, SubscriptionState
from ndcops.model.errors import Refused

_ORIGIN_SINCE = 160000
"""`origin = none` (PostgreSQL 16): the publisher then leaves out what it got from elsewhere itself."""

_DUPLICATE_OBJECT = "42710"
_PRIVILEGE = "42501"

_SUBSCRIPTION = """
SELECT s.subenabled, EXISTS (SELECT 1 FROM pg_stat_subscription w WHERE w.subid = s.oid AND w.pid IS NOT NULL),
       coalesce((SELECT e.apply_error_count FROM pg_stat_subscription_stats e WHERE e.subid = s.oid), 0)
FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE s.subname = $1 AND d.datname = current_database()
"""

_TABLES = """
SELECT r.srrelid::regclass::text, r.srsubstate FROM pg_subscription_rel r
JOIN pg_subscription s ON s.oid = r.srsubid WHERE s.subname = $1
"""

_SLOT = """
SELECT active, coalesce(wal_status = 'lost', false),
       greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint
FROM pg_replication_slots WHERE slot_name = $1 AND database = current_database()
"""

_OUTLIVES = """
SELECT current_setting('server_version_num')::int >= 170000
       AND coalesce(current_setting('sync_replication_slots', true), 'off') = 'on'
       AND current_setting('hot_standby_feedback') = 'on'
       AND coalesce(current_setting('synchronized_standby_slots', true), '') <> ''
"""
"""All members of a cluster have one configuration, but for which slots a leader waits for."""

_UNPUBLISHED = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND n.nspname <> $2
  AND NOT EXISTS (SELECT 1 FROM pg_publication_tables p
                  WHERE p.pubname = $1 AND (quote_ident(p.schemaname) || '.' || quote_ident(p.tablename))::regclass
                        IN (SELECT relid FROM pg_partition_ancestors(c.oid) UNION ALL SELECT c.oid))
  AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid
                  AND x.deptype = 'e')
ORDER BY 1
"""
"""Tables of extensions belong to the extension; a partition is published by itself or by what it is part of."""


class Streams:
    """schema: of our own tables."""

    def __init__(self, sessions: EndSessions, schema: str) -> None:
        self._sessions = sessions
        self._schema = schema

    def published(self, publication: str) -> tuple[tuple[str, str], ...]:
        """See the port."""
        rows = self._sessions.run(
            "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = $1 AND schemaname <> $2 "
            "ORDER BY 1, 2",
            publication,
            self._schema,
        )
        return tuple((str(schema), str(name)) for schema, name in rows)

    def unpublished(self, publication: str) -> tuple[str, ...]:
        """See the port."""
        return tuple(str(name) for (name,) in self._sessions.run(_UNPUBLISHED, publication, self._schema))

    def outlive_leader(self) -> bool:
        """Whether a slot made here for a stream is made so that it goes on at a standby that takes over.

        Only where streams wait for the standbys (synchronized_standby_slots): else a reader may have what the
        standby that takes over never had, and would leave out as many of its rows (PostgreSQL docs, Logical
        Decoding, Replication Slot Synchronization).
        """
        return self._sessions.run(_OUTLIVES)[0][0] == "t"

    def begin(self, stream: Stream, tables: Sequence[tuple[str, str]]) -> None:
        """Publication and slot, where they are missing."""
        if not self._sessions.run("SELECT 1 FROM pg_publication WHERE pubname = $1", stream.publication):
            places = [f"{quoted(schema)}.{quoted(name)}" for schema, name in (*tables, (self._schema, SENTINEL))]
            self._permitted(f"CREATE PUBLICATION {quoted(stream.publication)} FOR TABLE {', '.join(places)}")
        if self.slot(stream.slot) is None:
            # It waits until all that write now have ended.
            outlives = ", failover => true" if self.outlive_leader() else ""
            self._permitted(f"SELECT pg_create_logical_replication_slot($1, 'pgoutput'{outlives})", stream.slot)

    def watch(self, stream: Stream) -> None:
        """A fresh slot that only this run looks into."""
        self.unwatch(stream)
        self._permitted("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", stream.watch)

    def unwatch(self, stream: Stream) -> None:
        """Remove it."""
        if self.slot(stream.watch) is not None:
            self._sessions.run("SELECT pg_drop_replication_slot($1)", stream.watch)

    def end(self, stream: Stream, connection: str) -> None:
        """A subscription that is not enabled and copies nothing, where it is missing."""
        if self.subscription(stream.subscription) is not None:
            return
        words = ["slot_name = " + quoted(stream.slot), "create_slot = false", "copy_data = false"]
        words.append("enabled = false")  # not disable_on_error: a lost connection counts as one (see the seed's)
        if int(self._sessions.value("SELECT current_setting('server_version_num')")) >= _ORIGIN_SINCE:
            words.append("origin = none")
        self._permitted(
            f"CREATE SUBSCRIPTION {quoted(stream.subscription)} CONNECTION {literal(connection)} "
            f"PUBLICATION {quoted(stream.publication)} WITH ({', '.join(words)})"
        )

    def subscription(self, name: str) -> SubscriptionState | None:
        """None when there is none."""
        rows = self._sessions.run(_SUBSCRIPTION, name)
        if not rows:
            return None
        enabled, running, errors = rows[0]
        tables = {str(table): str(state) for table, state in self._sessions.run(_TABLES, name)}
        return SubscriptionState(
            enabled=enabled == "t", running=running == "t", tables=tables, errors=int(errors or 0)
        )

    def slot(self, name: str) -> SlotState | None:
        """None when there is none."""
        rows = self._sessions.run(_SLOT, name)
        if not rows:
            return None
        active, lost, lag = rows[0]
        return SlotState(active=active == "t", lost=lost == "t", lag_bytes=int(lag or 0))

    def halt(self, name: str) -> bool:
        """Disable it, and end its worker, which would look for this only between two transactions."""
        state = self.subscription(name)
        if state is None:
            return True
        if state.enabled:
            self._sessions.run(f"ALTER SUBSCRIPTION {quoted(name)} DISABLE")
        left = self._sessions.run(
            "SELECT pg_terminate_backend(w.pid) FROM pg_stat_subscription w "
            "WHERE w.subname = $1 AND w.pid IS NOT NULL",
            name,
        )
        return not left

    def start(self, name: str, lsn: str, *marks: tuple[str, tuple[str | int, ...]]) -> None:
        """Enable it from `lsn` on, whatever the slot's own position is: that may go back in a crash (PostgreSQL
        docs, pg_replication_slot_advance), a subscription's origin never does. marks: go with it.
        """
        oid = self._sessions.value("SELECT oid FROM pg_subscription WHERE subname = $1", name)
        self._sessions.together(
            (f"SELECT pg_replication_origin_advance('pg_{int(oid)}', $1::pg_lsn)", (lsn,)),
            (f"ALTER SUBSCRIPTION {quoted(name)} ENABLE", ()),
            *marks,
        )

    def go_on(self, name: str) -> None:
        """Enable it where it stopped."""
        state = self.subscription(name)
        if state is not None and not state.enabled:
            self._sessions.run(f"ALTER SUBSCRIPTION {quoted(name)} ENABLE")

    def drop_subscription(self, name: str) -> None:
        """Remove it; without its slot's name the other end is not asked."""
        state = self.subscription(name)
        if state is None:
            return
        if state.enabled:
            self._sessions.run(f"ALTER SUBSCRIPTION {quoted(name)} DISABLE")
        self._sessions.run(f"ALTER SUBSCRIPTION {quoted(name)} SET (slot_name = NONE)")
        self._sessions.patiently(f"DROP SUBSCRIPTION {quoted(name)}")

    def drop(self, stream: Stream) -> None:
        """Remove publication and slots."""
        self.unwatch(stream)
        if self.slot(stream.slot) is not None:
            self._sessions.run("SELECT pg_drop_replication_slot($1)", stream.slot)
        self._sessions.run(f"DROP PUBLICATION IF EXISTS {quoted(stream.publication)}")

    def _permitted(self, statement: str, *values: str | int) -> None:
        """What is there already is as wanted. Raises Refused where the account may not."""
        try:
            self._sessions.patiently(statement, *values)
        except StatementFailed as error:
            if error.state == _PRIVILEGE:
                raise Refused(
                    error.message, resolution="give our account the right, or use one that has it"
                ) from error
            if error.state != _DUPLICATE_OBJECT:
                raise
