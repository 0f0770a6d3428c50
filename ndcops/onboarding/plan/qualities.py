"""The six qualities that the mission asks of data, each with its query and its ISO 25012 characteristic; pure.

The queries are shown to the agency as they are run, so that it can run them itself.
"""

from collections.abc import Iterator, Sequence

from ndcops.model.assessment import QualityFinding
from ndcops.model.dossier import Dataset, Dossier, PersonalData
from ndcops.model.dossier.dataset import QualityName
from ndcops.model.probe import ProbedColumn, ProbedDatabase, ProbedTable, ShareAnswer, ShareQuery
from ndcops.onboarding.plan.columns import tables_of
from ndcops.onboarding.plan.identifiers import PROVINCES_BEFORE_MERGER
from ndcops.onboarding.plan.personal_data import Detection

CHARACTERISTICS: dict[QualityName, str] = {
    "accurate": "accuracy",
    "sufficient": "completeness",
    "clean": "consistency, compliance",
    "live": "currentness",
    "unified": "consistency, understandability",
    "shared": "accessibility, availability",
}

_PROVINCE = "|".join(sorted(PROVINCES_BEFORE_MERGER))
_FORMS = {
    PersonalData.CITIZEN_ID: rf"^({_PROVINCE})[0-3][0-9]{{8}}$",
    PersonalData.PHONE: r"^(0|\+?84)[1-9][0-9 .-]{7,12}$",
    PersonalData.EMAIL: r"^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]{2,}$",
    PersonalData.TAX_CODE: r"^[0-9]{10}(-?[0-9]{3})?$",
    PersonalData.INSURANCE_NUMBER: r"^[0-9]{10}$",
    PersonalData.HEALTH_CARD: r"^[A-Z]{2}[1-5][0-9]{12}$",
    PersonalData.OLD_IDENTITY: r"^[0-9]{9}$",
    PersonalData.PASSPORT: r"^[A-Z][0-9]{7,8}$",
}
_TEXT = ("char", "text", "citext")
_DAYS = ("date", "timestamp")


def quoted(name: str) -> str:
    """An identifier in SQL, whatever it holds (PostgreSQL documentation, 4.1.1)."""
    return '"' + name.replace('"', '""') + '"'


def quality_queries(
    dataset: Dataset, probed: ProbedDatabase, found: Sequence[Detection]
) -> tuple[ShareQuery, ...]:
    """What to ask of the live tables of a data set."""
    kinds = {(one.table, one.column): one.kind for one in found}
    queries: list[ShareQuery] = []
    for table in tables_of(dataset, probed):
        source = f"{quoted(table.table_schema)}.{quoted(table.name)}"
        for quality, parts in (
            ("accurate", list(_accurate(table, kinds))),
            ("sufficient", [(f"count({quoted(one.name)})", "count(*)") for one in table.columns]),
            ("clean", list(_clean(table))),
            ("unified", list(_unified(table, probed))),
            ("live", list(_live(table, dataset))),
        ):
            if parts:
                good, total = (" + ".join(side) for side in zip(*parts, strict=True))
                sql = f"SELECT {good} AS good, {total} AS total FROM {source}"  # noqa: S608 - names are quoted
                queries.append(ShareQuery(quality=quality, subject=table.full_name, sql=sql))
    return tuple(queries)


def quality_findings(
    dataset: Dataset, dossier: Dossier, answers: Sequence[ShareAnswer]
) -> tuple[QualityFinding, ...]:
    """Each quality once from the live tables, and what the dossier itself tells of two of them."""
    return (
        *(_from_answers(dataset, quality, answers) for quality in CHARACTERISTICS if quality != "shared"),
        _with_dictionary(dataset),
        _with_integration(dataset, dossier),
    )


def _accurate(table: ProbedTable, kinds: dict[tuple[str, str], PersonalData]) -> Iterator[tuple[str, str]]:
    for column in table.columns:
        form = _FORMS.get(kinds.get((table.full_name, column.name), PersonalData.NONE))
        if form is not None:
            name = quoted(column.name)
            yield f"count(*) FILTER (WHERE {name}::text ~ '{form}')", f"count({name})"


def _clean(table: ProbedTable) -> Iterator[tuple[str, str]]:
    """No spaces around, no control characters, not empty, no sign of a broken encoding."""
    for column in _texts(table):
        name = quoted(column.name)
        rule = (
            f"{name} = btrim({name}) AND {name} <> '' AND {name} !~ '[[:cntrl:]]' AND {name} !~ '\ufffd|Ã¡|Ä‘|Æ°'"
        )
        yield f"count(*) FILTER (WHERE {rule})", f"count({name})"


def _unified(table: ProbedTable, probed: ProbedDatabase) -> Iterator[tuple[str, str]]:
    """One spelling of each Vietnamese letter (Unicode NFC, TCVN 6909): two spellings do not compare equal."""
    if probed.version_number < 130000 or probed.encoding != "UTF8":
        return
    for column in _texts(table):
        name = quoted(column.name)
        yield f"count(*) FILTER (WHERE {name} IS NFC NORMALIZED)", f"count({name})"


def _live(table: ProbedTable, dataset: Dataset) -> Iterator[tuple[str, str]]:
    column = _changed_at(table)
    if column is not None and dataset.update_every_days is not None:
        newest = f"max({quoted(column.name)})"
        yield f"({newest} >= now() - interval '{dataset.update_every_days} days')::int", "1"


def _texts(table: ProbedTable) -> Iterator[ProbedColumn]:
    return (column for column in table.columns if column.type.startswith(_TEXT))


def _changed_at(table: ProbedTable) -> ProbedColumn | None:
    days = [column for column in table.columns if column.type.startswith(_DAYS)]
    words = ("cap_nhat", "capnhat", "updat", "modif", "sua", "tao", "creat", "ghi", "tiep_nhan")
    return next((column for word in words for column in days if word in column.name.lower()), None)


def _from_answers(dataset: Dataset, quality: QualityName, answers: Sequence[ShareAnswer]) -> QualityFinding:
    mine = [answer for answer in answers if answer.query.quality == quality]
    good = sum(answer.good or 0 for answer in mine)
    total = sum(answer.total or 0 for answer in mine)
    problem = next((answer.problem for answer in mine if answer.problem), "")
    if not problem and not total:
        problem = _NOTHING_TO_ASK[quality]
    return QualityFinding(
        dataset=dataset.id,
        quality=quality,
        characteristic=CHARACTERISTICS[quality],
        subject=", ".join(answer.query.subject for answer in mine),
        query=";\n".join(answer.query.sql for answer in mine),
        share_ppm=None if problem else round(1_000_000 * good / total),
        problem=problem,
    )


_NOTHING_TO_ASK = {
    "accurate": "no value in it has a form that could be checked",
    "sufficient": "its tables are empty",
    "clean": "it holds no text",
    "live": "no column tells when a row changed, or update_every_days is not declared",
    "unified": "it holds no text in UTF-8 (or the server is older than 13)",
    "shared": "",
}


def _with_dictionary(dataset: Dataset) -> QualityFinding:
    named = sum(field.dictionary_term is not None for field in dataset.fields)
    return QualityFinding(
        dataset=dataset.id,
        quality="unified",
        characteristic="understandability",
        subject="dossier",
        query="dossier: fields with dictionary_term / fields",
        share_ppm=round(1_000_000 * named / len(dataset.fields)) if dataset.fields else None,
        problem="" if dataset.fields else "no fields declared",
    )


def _with_integration(dataset: Dataset, dossier: Dossier) -> QualityFinding:
    """By Decree 278/2025 data are shared through the national platform, not by files."""
    ways = [one.via for one in dossier.integrations if dataset.id in one.datasets]
    share = 1_000_000 if "NDOP" in ways else 500_000 if "api" in ways else 0
    return QualityFinding(
        dataset=dataset.id,
        quality="shared",
        characteristic=CHARACTERISTICS["shared"],
        subject="dossier",
        query="dossier: integrations that name the data set (NDOP 1, api 1/2, otherwise 0)",
        share_ppm=share,
    )
