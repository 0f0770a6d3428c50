"""Two databases looked at row by row and object by object, to prove that they hold the same."""

from ndcops.adapters.postgres_servers.proving.databases import PostgresProvenDatabases

__all__ = ["PostgresProvenDatabases"]
