"""Either end of a move while its writes change over: fence, sentinel, sequences, streams, late writes."""

from ndcops.adapters.postgres_servers.switching.clones import PostgresClones, cloned
from ndcops.adapters.postgres_servers.switching.end import PostgresEnd

__all__ = ["PostgresClones", "PostgresEnd", "cloned"]
