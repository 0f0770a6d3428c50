"""How far a stream of logical replication is; `databases` calls it."""

from ndcops.adapters.postgres_servers.proving.session import ProofSession
from ndcops.model.proving import StreamState, SubscriptionState

_POSITION = """
SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END
        - '0/0')::int8 AS position, current_setting('wal_block_size')::int AS page_bytes
"""

_STREAM = """
SELECT s.active, (greatest(s.confirmed_flush_lsn, r.replay_lsn) - '0/0')::int8 AS applied
FROM pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid
WHERE s.slot_name = %s AND s.database = current_database()
"""
"""replay_lsn is what the subscriber has applied; confirmed_flush_lsn follows once that is on its disk, and is all
that an account without pg_monitor may see.
"""

_SUBSCRIPTION = """
SELECT s.subenabled AS enabled, ARRAY(SELECT r.srrelid::regclass::text FROM pg_subscription_rel r
       WHERE r.srsubid = s.oid AND r.srsubstate <> 'r' ORDER BY 1) AS waiting
FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid AND d.datname = current_database()
WHERE s.subname = %s
"""


def wal_end(inserted: int, *, page_bytes: int) -> int:
    """Where the WAL ends that `pg_current_wal_insert_lsn` spoke of, in bytes.

    At the border of a page it names the place behind the next page's header (24 bytes, 40 at a segment's start:
    xlog_internal.h), which an idle server never writes and a stream would never pass.
    """
    behind = inserted % page_bytes
    return inserted - behind if behind in (24, 40) else inserted


def position(session: ProofSession) -> int:
    """Where the WAL ends; commits that were visible before lie before it, those without synchronous_commit too."""
    row = session.rows(_POSITION)[0]
    return wal_end(row["position"], page_bytes=row["page_bytes"])


_NUDGE = """
SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE txid_current() END AS number
"""


def nudge(session: ProofSession) -> None:
    """An empty transaction: within three wal_writer_delay all WAL before its commit is flushed."""
    session.rows(_NUDGE)


def stream(session: ProofSession, slot: str) -> StreamState | None:
    """Asked at the upstream; None when it has no such slot."""
    rows = session.rows(_STREAM, [slot])
    return StreamState(rows[0]["applied"] or 0, rows[0]["active"]) if rows else None


def subscription(session: ProofSession, name: str) -> SubscriptionState | None:
    """Asked at the downstream; None when it has none of that name."""
    rows = session.rows(_SUBSCRIPTION, [name])
    return SubscriptionState(rows[0]["enabled"], tuple(rows[0]["waiting"])) if rows else None
