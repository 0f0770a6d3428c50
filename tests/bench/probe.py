"""How much of a dossier a live database fills in rightly, and whether a wrong class is ever let through."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from ndcops.adapters.postgres_servers.sources import PostgresSources
from ndcops.model.document import Text
from ndcops.model.dossier import Agency, Contact, ContactRole, Dataset, Dossier, DossierSystem, Importance
from ndcops.model.service import Classification
from ndcops.onboarding.plan.importance import judge_importance
from ndcops.onboarding.ports import ProbeLimits
from ndcops.onboarding.run import SourceReader
from tests.bench.result import AtLeast, Measured
from tests.bench.sandbox import Sandbox
from tests.bench.seeded_sources import PEOPLE_CASES, TrueDatabase, people_table, seeded_database
from tests.bench.timing import Clock
from tests.postgres_source import PostgresSource, postgres_source

TARGETS = {"fields_right": AtLeast(0.95), "f1": AtLeast(0.95), "wrong_importance_missed": 0, "false_alarms": 0}
ROUNDS = 6

NOTES = (
    "a real PostgreSQL 18 on loopback; each round is a database of twelve tables of 30 to 400 rows, with personal "
    "columns and columns that only look alike, named clearly, shortly, in English or not at all, up to a quarter "
    "of a column's values replaced by such words as 'chưa rõ'",
    "fields_right: of the database (version, size by the files on disk ±5%, tables, keys, large objects, schemas, "
    "extensions, encoding, collation) and of each data set (table, every column and type, personal kind or none)",
    "f1: of (table, column, kind) of personal data; precision and recall beside it",
    "importance: nine tables around the thresholds, each declared in all three classes; growth per day is not "
    "judged: a server younger than an hour cannot know it, and says so",
)


@dataclass
class _Score:
    right: int = 0
    fields: int = 0
    hits: int = 0
    found: int = 0
    there: int = 0
    wrong: list[str] = field(default_factory=list)

    def field(self, name: str, told: object, true: object) -> None:
        self.fields += 1
        self.right += told == true
        if told != true:
            self.wrong.append(f"{name}: {told!r}, not {true!r}"[:160])


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Databases first, then the classes."""
    del sandbox
    score, took = _Score(), []
    limits = ProbeLimits(statement_s=120)
    sources = PostgresSources(now=lambda: datetime.now(UTC))
    reader = SourceReader(sources, limits, date.today, lambda *_: None)
    rounds = 0
    with postgres_source(wal_level="logical", shared_buffers="64MB") as server:
        for number in clock.rounds("database"):
            connection = server.create(f"seeded_{number}")
            with server.connect(f"seeded_{number}") as session:
                truth = seeded_database(session, f"seeded_{number}", 100 * clock.seed + number)
                session.execute("CHECKPOINT")
            began = datetime.now(UTC)
            _judge(reader, connection, truth, server, score)
            took.append((datetime.now(UTC) - began).total_seconds())
            rounds += 1
        missed, alarms = _importance(server, sources, limits)
    precision, recall = score.hits / max(score.found, 1), score.hits / max(score.there, 1)
    figures = {
        "fields_right": round(score.right / score.fields, 4),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "wrong_importance_missed": missed,
        "false_alarms": alarms,
        "draft_s": round(max(took), 2),
    }
    samples = {"fields": score.fields, "personal_columns": score.there, "wrong": score.wrong[:60]}
    return Measured(figures, samples, NOTES, complete=rounds >= clock.wanted)


def _judge(
    reader: SourceReader, connection: str, truth: TrueDatabase, server: PostgresSource, score: _Score
) -> None:
    dossier = reader.draft(_empty(), "s", "db", connection)
    database = dossier.databases[0]
    score.field("version", database.version, "18.4")
    score.field("tables", database.tables, len(truth.tables))
    score.field("no_pk", database.no_pk, sum(not table.has_key for table in truth.tables))
    score.field("large_objects", database.large_objects, truth.large_objects)
    score.field("schemas", set(database.schemas or ()), set(truth.schemas))
    score.field("extensions", database.extensions, truth.extensions)
    score.field("encoding", database.encoding, "UTF8")
    score.field("collation", database.collation, "C.UTF-8")
    on_disk = _bytes_on_disk(server, truth.name)
    score.field("size", abs((database.size_bytes or 0) - on_disk) <= on_disk / 20, True)
    by_table = {dataset.tables[0]: dataset for dataset in dossier.datasets}
    for table in truth.tables:
        full = f"{table.schema}.{table.name}"
        dataset = by_table.get(full)
        score.field(f"{full} there", dataset is not None, True)
        told = {one.name: one for one in dataset.fields} if dataset is not None else {}
        for column, kind in table.types.items():
            one = told.get(column)
            score.field(f"{full}.{column} type", one.type if one else None, kind)
            true = table.personal.get(column)
            score.field(f"{full}.{column} pii", one.pii if one else None, true)
            score.there += true is not None
            if one is not None and one.pii is not None:
                score.found += 1
                score.hits += one.pii == true


def _bytes_on_disk(server: PostgresSource, name: str) -> int:
    with server.connect(name) as session:
        row = session.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    assert row is not None
    folder = Path(server.data) / "base" / str(row[0])
    return sum(path.stat().st_size for path in folder.iterdir())


def _importance(server: PostgresSource, sources: PostgresSources, limits: ProbeLimits) -> tuple[int, int]:
    """Declarations that are wrong and pass, and right ones that do not."""
    connection = server.create("people")
    with server.connect("people") as session:
        for case in PEOPLE_CASES:
            people_table(session, case)
    reader = SourceReader(sources, limits, date.today, lambda *_: None)
    dossier = reader.draft(_empty(), "s", "db", connection)
    missed = alarms = 0
    for case in PEOPLE_CASES:
        drafted = next(one for one in dossier.datasets if one.tables == (f"public.{case.table}",))
        for declared in Importance:
            told = judge_importance(_declared(drafted, declared), drafted.subjects)
            missed += declared is not case.true and not told.wrong
            alarms += declared is case.true and told.wrong
    return missed, alarms


def _declared(dataset: Dataset, importance: Importance) -> Dataset:
    return dataset.model_copy(update={"importance": importance})


def _empty() -> Dossier:
    name = Text(vi="Cơ quan", en="Agency")
    return Dossier(
        agency=Agency(id="a", title=name),
        as_of=date(2026, 1, 1),
        contacts=(Contact(name="An", role=ContactRole.OWNER, email="an@example.vn"),),
        systems=(DossierSystem(id="s", title=name, classification=Classification.INTERNAL),),
    )
