"""Sources in memory: databases as rows, checked by the same tests as the real adapter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.probe import ProbedColumn, ProbedDatabase, ProbedTable, ShareAnswer, ShareQuery
from ndcops.onboarding.ports import ProbeLimits
from tests.probed import probed, table

Rows = Sequence[Mapping[str, str | None]]


@dataclass
class FakeSources:
    """databases: rows by table, by connection. shares: what a query's text is answered with; (good, total)."""

    databases: Mapping[str, Mapping[str, Rows]]
    shares_of: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    slow: bool = False

    def check(self, connection: str) -> None:
        if "password=" in connection:
            raise InvalidInput("the connection holds a password; arguments and dossiers are read by others")
        if "=" not in connection:
            raise InvalidInput("the connection is not in libpq's form")

    def probe(self, connection: str, limits: ProbeLimits) -> ProbedDatabase:
        tables = self._of(connection)
        return probed(*(self._table(name, rows, limits) for name, rows in sorted(tables.items())))

    def distinct(
        self, connection: str, places: Sequence[tuple[ProbedTable, Sequence[str]]], limits: ProbeLimits
    ) -> int | None:
        tables = self._of(connection)
        if self.slow:
            return None
        found: set[object] = set()
        for place, columns in places:
            for number, row in enumerate(tables[place.name]):
                values = tuple(row[column] for column in columns) if columns else (place.name, str(number))
                if None not in values:
                    found.add(values)
        return len(found)

    def shares(
        self, connection: str, queries: Sequence[ShareQuery], limits: ProbeLimits
    ) -> tuple[ShareAnswer, ...]:
        self._of(connection)
        return tuple(self._answer(query) for query in queries)

    def _answer(self, query: ShareQuery) -> ShareAnswer:
        told = self.shares_of.get(query.sql)
        if told is None:
            return ShareAnswer(query=query, problem="no such query")
        return ShareAnswer(query=query, good=told[0], total=told[1])

    def _of(self, connection: str) -> Mapping[str, Rows]:
        self.check(connection)
        found = self.databases.get(connection)
        if found is None:
            raise NdcopsError(f"source {connection}: no connection: refused")
        return found

    def _table(self, name: str, rows: Rows, limits: ProbeLimits) -> ProbedTable:
        columns = tuple(
            ProbedColumn(
                name=column,
                type="text",
                not_null=column == "id",
                sample=tuple(value for row in rows[: limits.sample_rows] if (value := row[column]) is not None),
            )
            for column in rows[0]
        )
        return table(name, columns=columns, primary_key=("id",), rows=len(rows))
