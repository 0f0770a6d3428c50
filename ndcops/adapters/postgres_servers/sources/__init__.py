"""Live databases of agencies, only ever read: what they tell of themselves, and counts."""

from ndcops.adapters.postgres_servers.sources.adapter import PostgresSources

__all__ = ["PostgresSources"]
