"""What an end tells of itself before its writes change over."""

from ndcops.adapters.postgres_servers.switching.fence import Fence
from ndcops.adapters.postgres_servers.switching.sequences import Sequences
from ndcops.adapters.postgres_servers.switching.sessions import EndSessions
from ndcops.adapters.postgres_servers.switching.streams import Streams
from ndcops.model.cutover import EndFacts, Stream

_SERVER = """
SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), r.rolsuper,
       pg_has_role(d.datdba, 'USAGE') AND pg_has_role('pg_signal_backend', 'USAGE'),
       current_setting('wal_level'),
       current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
       current_database()::text
FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database()
"""

_SUPERUSERS_INSIDE = """
SELECT count(*) FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
WHERE a.datname = current_database() AND r.rolsuper AND a.backend_type = 'client backend'
  AND a.pid <> pg_backend_pid()
"""
"""Only a superuser may end a superuser's session."""

_FOREIGN = """
SELECT s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
WHERE d.datname = current_database() AND s.subenabled AND s.subname <> ALL ($1::text[]) ORDER BY 1
"""

_KEYLESS = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> $1
  AND (c.relreplident = 'n' OR (c.relreplident = 'd' AND NOT EXISTS (
       SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)))
  AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid
                  AND x.deptype = 'e')
ORDER BY 1
"""


def prepared_transactions(sessions: EndSessions) -> tuple[str, ...]:
    """They outlive their sessions, and may be committed at any time."""
    rows = sessions.run("SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY 1")
    return tuple(str(gid) for (gid,) in rows)


def end_facts(sessions: EndSessions, schema: str, outgoing: Stream, incoming: Stream) -> EndFacts:
    """Everything that the plan judges."""
    fence, streams, sequences = Fence(sessions, schema), Streams(sessions, schema), Sequences(sessions, schema)
    version, recovery, is_super, may_signal, wal_level, free, database = sessions.run(_SERVER)[0]
    superusers = int(sessions.value(_SUPERUSERS_INSIDE))
    ours = '{"' + '","'.join((outgoing.subscription, incoming.subscription)) + '"}'
    return EndFacts(
        version=int(version or 0),
        database=database or "",
        outlives_leader=streams.outlive_leader(),
        in_recovery=recovery == "t",
        fenceable=is_super == "t" or (may_signal == "t" and not superusers),
        may_stream=is_super == "t",
        wal_level=wal_level or "",
        free_slots=int(free or 0),
        sessions=fence.sessions((outgoing.subscription, incoming.subscription)),
        prepared=prepared_transactions(sessions),
        foreign_subscriptions=tuple(str(name) for (name,) in sessions.run(_FOREIGN, ours)),
        sequences=tuple(f"{space}.{name}" for space, name, _ in sequences.names()),
        behind=sequences.behind(),
        admitted=fence.admitted(),
        keyless=tuple(str(name) for (name,) in sessions.run(_KEYLESS, schema)),
        unpublished=streams.unpublished(outgoing.publication),
        large_objects=int(sessions.value("SELECT count(*) FROM pg_largeobject_metadata")),
        fence=fence.state(),
        slot=streams.slot(outgoing.slot),
        subscription=streams.subscription(incoming.subscription),
    )
