"""Rounds: two databases made the same, some lies told at one, one proof."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import psycopg
from psycopg import sql

from ndcops.adapters.postgres_servers.proving import PostgresProvenDatabases
from ndcops.model.move import Move
from ndcops.model.proving import Verification
from ndcops.onboarding.ports import ProofLimits
from ndcops.onboarding.run.proving import Prover
from tests.mutations import schema
from tests.mutations.judge import claims_of, wanted
from tests.mutations.lie import Claim, Lie, Rows
from tests.mutations.object_lies import OBJECT_LIES
from tests.mutations.row_lies import ROW_LIES, chosen
from tests.postgres_source import PostgresSource

PRISTINE, SOURCE, TARGET = "pristine", "nguồn", "đích"
LIES = (*ROW_LIES, *OBJECT_LIES)


@dataclass(frozen=True)
class Outcome:
    """Of one round. missed, false: claims that are wanted and not found, and the other way round."""

    lies: tuple[str, ...]
    missed: tuple[Claim, ...]
    false: tuple[Claim, ...]
    found: Verification


def prover(limits: ProofLimits | None = None) -> Prover:
    """The real one."""
    return Prover(
        databases=PostgresProvenDatabases(),
        limits=limits or ProofLimits(),
        now=lambda: datetime.now(UTC),
        clock=time.monotonic,
        wait=time.sleep,
        seed=lambda: secrets.randbits(63),
        stop=threading.Event(),
        on_progress=lambda what, done, of: None,
    )


def move(source: str, target: str) -> Move:
    """A move between two connections."""
    return Move(
        agency="bo-tu-phap",
        system="x",
        database="y",
        source=source,
        target=target,
        source_for_target=source,
        target_for_source=target,
    )


def prepare(server: PostgresSource) -> None:
    """The database that all rounds begin with."""
    server.create(PRISTINE)
    with server.connect(PRISTINE) as session:
        schema.make(session)


def fits(lies: Sequence[Lie], rows: Rows) -> list[Lie]:
    """Those of them that still find an object of their own."""
    used: Counter[str] = Counter()
    found = []
    for lie in lies:
        used[lie.uses] += 1
        if not lie.uses or used[lie.uses] <= rows.left(lie.uses):
            found.append(lie)
    return found


def still_round(server: PostgresSource, lies: Sequence[Lie], seed: str) -> Outcome:
    """Nobody else writes."""
    with pair(server) as (source, target):

        def both(statement: str) -> None:
            source.execute(statement.encode())
            target.execute(statement.encode())

        rows = Rows(Random(seed), both)
        told_lies = fits(lies, rows)
        target.execute("SET session_replication_role = replica")
        told = [claim for lie in told_lies for claim in lie.tell(target, rows)]
        found = prover().prove(move(server.connection(SOURCE), server.connection(TARGET)))
        return judged(told_lies, told, found, target)


def judged(lies: Sequence[Lie], told: Sequence[Claim], found: Verification, target: psycopg.Connection) -> Outcome:
    """What was missed, and what was made up."""
    right, named = wanted(told, target), claims_of(found)
    return Outcome(
        tuple(lie.name for lie in lies),
        tuple((right - named).elements()),
        tuple((named - right).elements()),
        found,
    )


@contextmanager
def pair(server: PostgresSource) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Two fresh copies of the pristine database."""
    with server.connect() as session:
        for name in (SOURCE, TARGET):
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            session.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(PRISTINE)
                )
            )
    with server.connect(SOURCE) as source, server.connect(TARGET) as target:
        yield source, target


__all__ = ["LIES", "Outcome", "chosen", "judged", "move", "prepare", "prover", "still_round"]
