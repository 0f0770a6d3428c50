"""Either end of a move while its writes change over: fence, sentinel, sequences, streams, what was written behind."""

from ndcops.adapters.postgres_servers.switching.end import PostgresEnd

__all__ = ["PostgresEnd"]
