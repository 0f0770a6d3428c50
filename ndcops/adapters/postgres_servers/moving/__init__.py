"""Databases that move in: both ends of a seed, and the rows between them."""

from ndcops.adapters.postgres_servers.moving.copying import PostgresCopies
from ndcops.adapters.postgres_servers.moving.programs import client_programs
from ndcops.adapters.postgres_servers.moving.source import PostgresSource
from ndcops.adapters.postgres_servers.moving.target import PostgresTarget

__all__ = ["PostgresCopies", "PostgresSource", "PostgresTarget", "client_programs"]
