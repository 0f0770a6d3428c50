"""What a former leader keeps of a slot that outlived it.

It comes back as a standby with the slot as it last had it: not a copy of the new leader's (`synced`), so no server
removes it, it holds WAL there for good, and keeps newer copies from coming (PostgreSQL docs, Replication Slot
Synchronization). Patroni leaves slots with `failover` alone.
"""

from collections.abc import Sequence

from ndcops.adapters.postgres_servers.session import Session, StatementFailed
from ndcops.adapters.postgres_servers.sources.reading import parse, shown
from ndcops.adapters.postgres_servers.words import administration_of
from ndcops.model.cutover import Stream
from ndcops.model.failover import Unreachable

_LEFT_OVER = """
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
WHERE slot_name IN ($1, $2) AND pg_is_in_recovery() AND NOT active
  AND NOT coalesce((to_jsonb(pg_replication_slots)->>'synced')::boolean, false)
"""


def drop_left_over(stream: Stream, members: Sequence[str], *, timeout_s: float) -> tuple[str, ...]:
    """Remove it, and the watch beside it, at each member that is a standby.

    Gives those that did not answer, where it may still stand.
    """
    silent = []
    for words in members:
        try:
            with Session(administration_of(words), timeout_s=timeout_s) as session:
                session.run(_LEFT_OVER, [stream.slot, stream.watch])
        except (Unreachable, StatementFailed) as error:
            silent.append(f"{shown(parse(words))}: {error.message}")
    return tuple(silent)
