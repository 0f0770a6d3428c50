"""Asks the live sources of a dossier, one after the other, and what a failure of one means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from ndcops.model.document import Text
from ndcops.model.dossier import Dataset, Dossier, DossierDatabase, Subjects
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.probe import ProbedDatabase, ProbedTable
from ndcops.onboarding.plan.assessment import SourceFacts, unprobed
from ndcops.onboarding.plan.drafting import draft_database, draft_dataset, with_database
from ndcops.onboarding.plan.people import Place, count_people, question_of
from ndcops.onboarding.plan.personal_data import Detection, detect_all
from ndcops.onboarding.plan.qualities import quality_queries
from ndcops.onboarding.ports import ProbeLimits, Sources


@dataclass(frozen=True)
class SourceReader:
    """on_progress(what, done, of): called before each database and each data set."""

    sources: Sources
    limits: ProbeLimits
    today: Callable[[], date]
    on_progress: Callable[[str, int, int], None]

    def facts_of(self, dossier: Dossier) -> tuple[SourceFacts, ...]:
        """What each database told; one that refuses or hangs is named in its facts, and the others are asked."""
        total = len(dossier.databases)
        facts = []
        for done, database in enumerate(dossier.databases):
            self.on_progress(database.id, done, total)
            facts.append(self._facts(dossier, database))
        return tuple(facts)

    def draft(self, dossier: Dossier, system: str, database_id: str, connection: str) -> Dossier:
        """The dossier with all that the live database tells. Raises NdcopsError when it does not answer."""
        self.on_progress(database_id, 0, 1)
        probed = self.sources.probe(connection, self.limits)
        found = detect_all(probed, self.today())
        taken: set[str] = {one.id for one in dossier.datasets if one.database != database_id}
        datasets = []
        for number, table in enumerate(probed.tables):
            self.on_progress(table.full_name, number, len(probed.tables))
            dataset = draft_dataset(
                table, database_id, found, self._people_of(connection, table, probed, found), taken
            )
            taken.add(dataset.id)
            datasets.append(dataset)
        return with_database(dossier, draft_database(database_id, system, connection, probed), datasets)

    def _people_of(
        self, connection: str, table: ProbedTable, probed: ProbedDatabase, found: Sequence[Detection]
    ) -> Subjects | None:
        alone = probed.model_copy(update={"tables": (table,)})
        sought = _dataset_of_table(table)
        return count_people(question_of(sought, alone, found), self._counter(connection))

    def _facts(self, dossier: Dossier, database: DossierDatabase) -> SourceFacts:
        problem = unprobed(database)
        connection = database.connection
        if problem or connection is None:
            return SourceFacts(database.id, problem=problem)
        try:
            probed = self.sources.probe(connection, self.limits)
            found = detect_all(probed, self.today())
            datasets = dossier.datasets_of(database.id)
            people = {
                one.id: count_people(question_of(one, probed, found), self._counter(connection))
                for one in datasets
            }
            answers = {
                one.id: self.sources.shares(connection, quality_queries(one, probed, found), self.limits)
                for one in datasets
            }
        except InvalidInput:
            raise  # the dossier is wrong, not the source
        except NdcopsError as error:
            return SourceFacts(database.id, problem="; ".join((error.message, *error.details[:1])))
        return SourceFacts(database.id, probed, "", found, people, answers)

    def _counter(self, connection: str) -> Callable[[Sequence[Place]], int | None]:
        return lambda places: self.sources.distinct(connection, places, self.limits)


def _dataset_of_table(table: ProbedTable) -> Dataset:
    """A data set of just one table, to ask the same question of it as of a declared one."""
    name = Text(vi=table.name, en=table.name)
    return Dataset(id="draft", title=name, database="draft", tables=(table.full_name,))
