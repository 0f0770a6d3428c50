"""The dossier against the live database; pure. Sizes may differ by a twentieth: sources grow while people sign."""

from collections.abc import Iterator

from ndcops.model.assessment import Difference, PersonalColumn
from ndcops.model.dossier import DossierDatabase
from ndcops.model.dossier.dataset import Dataset
from ndcops.model.dossier.document import Dossier
from ndcops.model.probe import ProbedDatabase
from ndcops.onboarding.plan.columns import fields_by_column, tables_of, unknown_fields
from ndcops.onboarding.plan.personal_data import Detection

TOLERANCE = 20
"""One part in this many: ±5% (facts, §3)."""

MEBIBYTE = 1 << 20
"""Sizes of less than this say nothing: an empty database of PostgreSQL is larger."""


def compare(database: DossierDatabase, datasets: tuple[Dataset, ...], probed: ProbedDatabase) -> list[Difference]:
    """What is declared otherwise than it is, or not at all."""
    found = [
        *_numbers(database, probed),
        *_words(database, probed),
        *_tables(datasets, probed),
    ]
    return [
        Difference(database=database.id, field=field, declared=declared, found=live)
        for field, declared, live in found
    ]


def _numbers(database: DossierDatabase, probed: ProbedDatabase) -> Iterator[tuple[str, str, str]]:
    """Counts are exact, sizes may differ by the tolerance."""
    if database.size_bytes is None:
        yield "size_bytes", "", str(probed.size_bytes)
    elif abs(database.size_bytes - probed.size_bytes) > max(MEBIBYTE, probed.size_bytes // TOLERANCE):
        yield "size_bytes", str(database.size_bytes), str(probed.size_bytes)
    counts = {
        "tables": (database.tables, len(probed.tables)),
        "no_pk": (database.no_pk, len(probed.tables_without_key)),
        "large_objects": (database.large_objects, probed.objects.large_objects),
    }
    for field, (declared, live) in counts.items():
        if declared is None or abs(declared - live) > live // TOLERANCE:
            yield field, "" if declared is None else str(declared), str(live)


def _words(database: DossierDatabase, probed: ProbedDatabase) -> Iterator[tuple[str, str, str]]:
    if database.version is None or _major(database.version) != _major(probed.version):
        yield "version", database.version or "", probed.version
    for field, declared, live in (
        ("encoding", database.encoding, probed.encoding),
        ("collation", database.collation, probed.collation),
    ):
        if declared != live:
            yield field, declared or "", live
    missing = sorted(set(probed.extensions) - set(database.extensions or ()))
    if missing or database.extensions is None:
        yield "extensions", ", ".join(database.extensions or ()), ", ".join(probed.extensions) or "none"
    gone = sorted(set(database.extensions or ()) - set(probed.extensions))
    if gone:
        yield "extensions", ", ".join(gone), "not there"


def _major(version: str) -> str:
    return version.split(".")[0]


def _tables(datasets: tuple[Dataset, ...], probed: ProbedDatabase) -> Iterator[tuple[str, str, str]]:
    """Every table belongs to a data set, and what is declared exists, column by column."""
    covered: set[str] = set()
    for dataset in datasets:
        covered |= {table.full_name for table in tables_of(dataset, probed)}
        for name in dataset.tables:
            if probed.table(name) is None:
                yield f"{dataset.id}.tables", name, "not there"
        for name in unknown_fields(dataset, probed):
            yield f"{dataset.id}.fields", name, "not there"
        for (table_name, column), field in fields_by_column(dataset, probed).items():
            if field is None:
                yield f"{dataset.id}.fields", "", f"{table_name}.{column}"
    for table in probed.tables:
        if table.full_name not in covered:
            yield "datasets", "", f"table {table.full_name} belongs to none"


def personal_columns(
    database: DossierDatabase, datasets: tuple[Dataset, ...], probed: ProbedDatabase, found: tuple[Detection, ...]
) -> tuple[PersonalColumn, ...]:
    """What was found in columns, beside what the dossier says of them."""
    said = {column: field for dataset in datasets for column, field in fields_by_column(dataset, probed).items()}
    return tuple(
        PersonalColumn(
            database=database.id,
            table=one.table,
            column=one.column,
            kind=one.kind,
            share_ppm=one.share_ppm,
            declared=field.pii if (field := said.get((one.table, one.column))) is not None else None,
        )
        for one in found
    )


def contradictions(personal: tuple[PersonalColumn, ...]) -> list[Difference]:
    """Columns that hold personal data and are declared to hold none."""
    return [
        Difference(
            database=one.database, field=f"{one.table}.{one.column} pii", declared=one.declared, found=one.kind
        )
        for one in personal
        if one.declared is not None and not one.declared.is_personal
    ]


def unlabelled_fields(dossier: Dossier) -> tuple[str, ...]:
    """Fields that lack a label, as `DATASET.FIELD: labels`; a data set without fields is named itself."""
    found = []
    for dataset in dossier.datasets:
        if not dataset.fields:
            found.append(f"{dataset.id}: no fields declared")
        for field in dataset.fields:
            missing = field.missing_labels()
            if missing:
                found.append(f"{dataset.id}.{field.name}: {', '.join(missing)}")
    return tuple(found)
