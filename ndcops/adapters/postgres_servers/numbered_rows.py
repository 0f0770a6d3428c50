"""Numbered rows that a client outside writes and reads back; the lab's probe calls it."""

from collections.abc import Iterator
from contextlib import contextmanager

from ndcops.adapters.postgres_servers.session import Login, Session, StatementFailed
from ndcops.model.errors import NdcopsError

_TABLE = "ndcops_probe"
_READ_ONLY, _UNDEFINED_TABLE = "25006", "42P01"  # PostgreSQL docs, appendix A


class NotWritable(NdcopsError):
    """The server answers and takes no writes: it does not lead."""


class NumberedRows:
    """The rows of one run of a probe. Every method raises Unreachable when no answer comes in time."""

    def __init__(self, login: Login, run: str, *, timeout_s: float) -> None:
        """Connect."""
        self._session = Session(login, timeout_s=timeout_s)
        self._run = run

    def close(self) -> None:
        """Drop the connection."""
        self._session.close()

    def prepare(self) -> None:
        """Make the table when it is missing. Raises NotWritable on a server that does not lead."""
        with _refused():
            self._session.run(
                f"CREATE TABLE IF NOT EXISTS {_TABLE} (run text, sequence bigint,"
                " written_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (run, sequence))"
            )

    def write(self, sequence: int) -> None:
        """Returns once the server has confirmed the row. Raises NotWritable."""
        with _refused():
            self._session.run(
                f"INSERT INTO {_TABLE} (run, sequence) VALUES ($1, $2)",  # noqa: S608
                [self._run, sequence],
            )

    def has(self, sequence: int) -> bool:
        """Whether the row is there."""
        found = self._session.run(
            f"SELECT 1 FROM {_TABLE} WHERE run = $1 AND sequence = $2",  # noqa: S608
            [self._run, sequence],
        )
        return bool(found)

    def all(self) -> set[int]:
        """Every number of the run that is there; none when the table was never made."""
        try:
            rows = self._session.run(f"SELECT sequence FROM {_TABLE} WHERE run = $1", [self._run])  # noqa: S608
        except StatementFailed as error:
            if error.state == _UNDEFINED_TABLE:
                return set()
            raise
        return {int(row[0]) for row in rows if row[0] is not None}


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except StatementFailed as error:
        if error.state in (_READ_ONLY, _UNDEFINED_TABLE):
            raise NotWritable(error.message) from error
        raise
