"""Live databases of agencies, as the room reads them."""

from collections.abc import Sequence
from typing import Protocol

from ndcops.model.document import Value
from ndcops.model.probe import ProbedDatabase, ProbedTable, ShareAnswer, ShareQuery


class ProbeLimits(Value):
    """So that looking at a source never weighs on it: give up after connect_s, statement_s.

    sample_rows: of each table.
    """

    connect_s: int = 5
    statement_s: int = 30
    sample_rows: int = 1000


class Sources(Protocol):
    """Live PostgreSQL databases, only ever read.

    connection: libpq's words without a password. Every method raises NdcopsError, naming the source, when it
    refuses or does not answer in time, and InvalidInput for words that are none or hold a password.
    """

    def check(self, connection: str) -> None:
        """Raises InvalidInput for words that are none of libpq's, or hold a password; asks nobody."""
        ...

    def probe(self, connection: str, limits: ProbeLimits) -> ProbedDatabase:
        """What the database tells of itself, with samples of its columns."""
        ...

    def distinct(
        self, connection: str, places: Sequence[tuple[ProbedTable, Sequence[str]]], limits: ProbeLimits
    ) -> int | None:
        """How many different values the columns hold, over all the places together, exactly.

        Places without columns count rows. None when counting took too long.
        """
        ...

    def shares(
        self, connection: str, queries: Sequence[ShareQuery], limits: ProbeLimits
    ) -> tuple[ShareAnswer, ...]:
        """The answers to each question, in their order, each within its own time."""
        ...
