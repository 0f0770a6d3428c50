"""A database and the role that owns it; the lab calls it for its services."""

from dataclasses import replace

from ndcops.adapters.postgres_servers.session import Login, Session

_SYNCED = "SET synchronous_commit = local"
"""What is made here is made again when missing: it need not wait for a standby."""


def ensure_owned_database(admin: Login, owner: str, password: str, *, timeout_s: float) -> None:
    """Make role and database `owner`, or set the role's password anew. Raises Unreachable, StatementFailed."""
    with Session(replace(admin, database="postgres"), timeout_s=timeout_s) as session:
        session.run(_SYNCED)
        quoted = '"' + owner.replace('"', '""') + '"'
        if not session.run("SELECT 1 FROM pg_roles WHERE rolname = $1", [owner]):
            session.run(f"CREATE ROLE {quoted} LOGIN")
        session.run(f"ALTER ROLE {quoted} PASSWORD '{session.verifier(owner, password)}'")
        if not session.run("SELECT 1 FROM pg_database WHERE datname = $1", [owner]):
            session.run(f"CREATE DATABASE {quoted} OWNER {quoted}")
