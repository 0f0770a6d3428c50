"""The forward stream at the target: a subscription on the slot whose snapshot was copied."""

from typing import Final

from psycopg import sql
from psycopg.conninfo import make_conninfo

from ndcops.adapters.postgres_servers.moving.session import MoveSession
from ndcops.model.errors import Refused
from ndcops.model.move import Move

_KEPT: Final = ("host", "hostaddr", "port", "dbname", "user", "sslmode", "sslrootcert", "sslnegotiation")
"""What the target's server needs to come to the source; files that are named must lie there, too."""

_SYNCHRONOUS: Final = "on"
"""Not the default (off): a standby that takes over at the target must have what the source was told to forget."""


def stream_words(source: MoveSession, move: Move) -> str:
    """How the target's server reaches the source, with the password that this connection used.

    Only superusers of the target's server can read it there (pg_subscription), as long as the stream runs.
    """
    password = source.connection.pgconn.password.decode()
    secret = {"password": password} if password else {}
    if move.source_for_target != move.source:
        return make_conninfo(move.source_for_target, **secret)
    used = source.connection.info.get_parameters()
    return make_conninfo(**{word: used[word] for word in _KEPT if word in used}, **secret)


def subscribe(source: MoveSession, target: MoveSession, move: Move) -> None:
    """Raises Refused when rows would be missing or come twice: all must be of the slot's own snapshot.

    Without disable_on_error: a connection that is lost in the middle of a stream is such an error, too (PostgreSQL
    source, worker.c, start_apply), and a source that is restarted would stop the stream for good.
    """
    names = move.names
    if _exists(target, move):
        target.run("ALTER SUBSCRIPTION {} SET (disable_on_error = false)", names.subscription)
        target.run("ALTER SUBSCRIPTION {} ENABLE", names.subscription)
        return
    _require_copied(source, target, move)
    # Commits with the standby's word, so that everything before it is there as well.
    target.use(synchronous_commit="on")
    target.rows(
        sql.SQL("UPDATE {}.seed SET subscribed_at = clock_timestamp()").format(sql.Identifier(names.schema))
    )
    target.rows(
        sql.SQL(
            "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (create_slot = false, slot_name = {},"
            " copy_data = false, synchronous_commit = {})"
        ).format(
            sql.Identifier(names.subscription),
            sql.Literal(stream_words(source, move)),
            sql.Identifier(names.publication),
            sql.Literal(names.slot),
            sql.Literal(_SYNCHRONOUS),
        )
    )


def copy_more(target: MoveSession, move: Move) -> None:
    """New tables of the publication are copied by the stream itself."""
    target.run("ALTER SUBSCRIPTION {} REFRESH PUBLICATION WITH (copy_data = true)", move.names.subscription)


def drop_subscription(target: MoveSession, move: Move) -> None:
    """Without the slot, which stands at the source and is dropped there."""
    if _exists(target, move):
        target.run("ALTER SUBSCRIPTION {} DISABLE", move.names.subscription)
        target.run("ALTER SUBSCRIPTION {} SET (slot_name = NONE)", move.names.subscription)
        target.run("DROP SUBSCRIPTION {}", move.names.subscription)


def _exists(target: MoveSession, move: Move) -> bool:
    found = target.rows(
        "SELECT 1 FROM pg_subscription WHERE subname = %s AND subdbid ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())",
        [move.names.subscription],
    )
    return bool(found)


def _require_copied(source: MoveSession, target: MoveSession, move: Move) -> None:
    own = sql.Identifier(move.names.schema)
    position = target.row(sql.SQL("SELECT position FROM {}.seed").format(own))["position"]
    slot = source.rows(
        "SELECT confirmed_flush_lsn::text AS position FROM pg_replication_slots WHERE slot_name = %s",
        [move.names.slot],
    )
    if not slot or slot[0]["position"] != position:
        there = slot[0]["position"] if slot else "nowhere"
        raise Refused(f"{move.id}: the copies belong to {position or 'no slot'}, the slot stands at {there}")
    copied = target.rows(
        sql.SQL(
            "SELECT relation::bigint AS relation FROM {}.copied GROUP BY relation HAVING count(*) = max(parts)"
        ).format(own)
    )
    published = source.rows(
        "SELECT r.prrelid::bigint AS relation, r.prrelid::regclass::text AS name FROM pg_publication_rel r"
        " JOIN pg_publication p ON p.oid = r.prpubid WHERE p.pubname = %s",
        [move.names.publication],
    )
    whole = {row["relation"] for row in copied}
    missing = [row["name"] for row in published if row["relation"] not in whole]
    if missing:
        raise Refused(
            f"{move.id}: {len(missing)} published tables were not copied to their end: {', '.join(missing[:5])}",
            resolution=f"ndcops agency seed {move.agency} --database {move.database}",
        )
