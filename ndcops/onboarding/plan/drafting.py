"""A dossier's parts from what a live database tells: all that a machine can know, nothing else; pure."""

import hashlib
import re
from collections.abc import Sequence

from ndcops.model.document import Text
from ndcops.model.dossier import (
    DatabaseEngine,
    DataField,
    Dataset,
    Dossier,
    DossierDatabase,
    Subjects,
)
from ndcops.model.probe import ProbedDatabase, ProbedTable
from ndcops.onboarding.plan.identifiers import plain
from ndcops.onboarding.plan.importance import least_importance
from ndcops.onboarding.plan.personal_data import Detection

_PARTING = re.compile(r"[^a-z0-9]+")


def slug(text: str, taken: set[str]) -> str:
    """A name in the form of a DNS label, unlike any in `taken`; Vietnamese letters lose their marks."""
    bare = _PARTING.sub("-", plain(text)).strip("-")[:50].strip("-") or "x"
    if bare not in taken:
        return bare
    return f"{bare}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def draft_database(database_id: str, system: str, connection: str, probed: ProbedDatabase) -> DossierDatabase:
    """The entry under `databases`."""
    return DossierDatabase(
        id=database_id,
        system=system,
        engine=DatabaseEngine.POSTGRESQL,
        version=probed.version,
        connection=connection,
        size_bytes=probed.size_bytes,
        growth_bytes_day=probed.growth_bytes_day,
        wal_bytes_s=probed.wal_bytes_s,
        tables=len(probed.tables),
        no_pk=len(probed.tables_without_key),
        large_objects=probed.objects.large_objects,
        schemas=probed.schemas,
        extensions=probed.extensions,
        encoding=probed.encoding,
        collation=probed.collation,
    )


def draft_dataset(
    table: ProbedTable, database_id: str, found: Sequence[Detection], people: Subjects | None, taken: set[str]
) -> Dataset:
    """The entry under `datasets` for one table: labels that only people know stay open.

    importance: by the thresholds, as long as the law does not say more; sharing is never guessed.
    """
    kinds = {one.column: one.kind for one in found if one.table == table.full_name}
    title = table.comment.strip() or table.name
    return Dataset(
        id=slug(f"{database_id}-{table.name}", taken),
        title=Text(vi=title, en=title),
        database=database_id,
        tables=(table.full_name,),
        importance=least_importance(people, None) if people is not None else None,
        subjects=people,
        fields=tuple(
            DataField(name=column.name, type=column.type, pii=kinds.get(column.name)) for column in table.columns
        ),
    )


def with_database(dossier: Dossier, database: DossierDatabase, datasets: Sequence[Dataset]) -> Dossier:
    """The dossier with what was found, in place of what it said of the same database before.

    What people declared of a data set of the same table (labels, legal basis, sharing) is kept.
    """
    before = {dataset.tables: dataset for dataset in dossier.datasets_of(database.id)}
    others = tuple(dataset for dataset in dossier.datasets if dataset.database != database.id)
    old = next((one for one in dossier.databases if one.id == database.id), None)
    if old is not None:
        database = database.model_copy(update={"scope": old.scope})
    kept = tuple(one for one in dossier.databases if one.id != database.id)
    merged = tuple(_merged(before.get(dataset.tables), dataset) for dataset in datasets)
    return dossier.model_copy(update={"databases": (*kept, database), "datasets": (*others, *merged)})


def _merged(old: Dataset | None, new: Dataset) -> Dataset:
    if old is None:
        return new
    known = {field.name: field for field in old.fields}
    fields = tuple(_merged_field(known.get(field.name), field) for field in new.fields)
    said = [one for one in (old.importance, new.importance) if one is not None]
    importance = max(said, key=lambda one: one.level) if said else None
    return old.model_copy(update={"fields": fields, "importance": importance, "subjects": new.subjects})


def _merged_field(old: DataField | None, new: DataField) -> DataField:
    if old is None:
        return new
    pii = new.pii if new.pii is not None else old.pii
    return old.model_copy(update={"type": new.type, "pii": pii})
