"""The country at a glance: counts with their day and source, who is late and why, and the portal's catalogue."""

from datetime import UTC, date, datetime

import pytest

from ndcops.model.dossier import Dossier
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.portfolio import LateWhy, Portfolio, Progress
from ndcops.model.record import Record
from ndcops.model.roadmap import (
    Cutover,
    LeftOut,
    LeftOutWhy,
    PlannedMove,
    Reason,
    ReasonKind,
    Roadmap,
)
from ndcops.model.standing import Standing
from ndcops.onboarding.plan.portfolio import PortfolioFacts, dcat_catalogue, portfolio_of

TODAY = date(2026, 6, 1)
SINCE = datetime(2026, 5, 4, tzinfo=UTC)


def dossier(*systems: dict[str, object], **parts: object) -> Dossier:
    filled = [
        {"title": {"vi": "Hệ", "en": "System"}, "classification": "internal", "strategy": "rehost", **system}
        for system in systems
    ]
    return Dossier.model_validate(
        {
            "agency": {"id": "bo-a", "title": {"vi": "Bộ A", "en": "Ministry A"}, "level": "ministry"},
            "as_of": "2026-02-01",
            "contacts": [{"name": "Nguyễn An", "role": "owner", "email": "an@example.vn"}],
            "systems": filled,
            **parts,
        }
    )


def standing(system: str, state: LifecycleState) -> Standing:
    entered = Record(sequence=0, previous="", time=SINCE, actor="", kind="", body={}, digest="")
    return Standing("bo-a", system, state, SINCE, entered)


def roadmap(left: tuple[LeftOut, ...] = (), **nights: date) -> Roadmap:
    moves = tuple(
        PlannedMove(
            key=system,
            cutovers=(Cutover(agency="bo-a", system=system, night=night, starts="22:00", hours=6),),
            begins=2,
            ends=2,
            team="t",
            reasons=(Reason(kind=ReasonKind.FIRST),),
        )
        for system, night in nights.items()
    )
    return Roadmap(
        as_of=date(2026, 3, 1),
        source={},
        waves=(),
        moves=moves,
        left_out=left,
        makespan_waves=3,
        lower_bound_waves=3,
        kept=0,
        formerly_planned=0,
    )


def summed(found: Dossier, plan: Roadmap | None = None, *standings: Standing) -> Portfolio:
    return portfolio_of(
        PortfolioFacts([found], {each.system: each for each in standings}, plan, len(standings), TODAY)
    )


def test_the_ledger_speaks_before_the_agency_and_each_is_named() -> None:
    said = {"state": "in-sync", "as_of": "2026-01-05", "source": "sổ của Bộ"}
    found = summed(
        dossier({"id": "a", "status": said}, {"id": "b", "status": said}, {"id": "c"}),
        None,
        standing("b", LifecycleState.REGISTERED),
    )
    states = {each.system: (each.state, each.state_from.as_of, each.state_from.source) for each in found.systems}
    assert states == {
        "a": (LifecycleState.IN_SYNC, date(2026, 1, 5), "sổ của Bộ"),
        "b": (LifecycleState.REGISTERED, date(2026, 5, 4), "ledger"),
        "c": (LifecycleState.DRAFT, date(2026, 2, 1), "dossier"),
    }
    counted = found.group("state")[0]
    assert (counted.sourced.as_of, counted.sourced.source) == (date(2026, 1, 5), "dossier, ledger, sổ của Bộ")


LATE = date(2026, 5, 2)
SOON = date(2026, 7, 4)


@pytest.mark.parametrize(
    ("system", "night", "state", "expected"),
    [
        ({}, None, None, (Progress.NOT_PLANNED, None, "")),
        ({}, SOON, None, (Progress.BUILDING, None, "")),
        ({}, LATE, None, (Progress.BEHIND, LateWhy.NOT_SIGNED, "")),
        ({}, LATE, LifecycleState.REGISTERED, (Progress.BEHIND, LateWhy.NOT_ASSESSED, "")),
        ({}, LATE, LifecycleState.IN_SYNC, (Progress.BEHIND, LateWhy.NIGHT_PASSED, "")),
        (
            {"depends_on": [{"to": "need"}]},
            LATE,
            LifecycleState.IN_SYNC,
            (Progress.BEHIND, LateWhy.WAITS_FOR, "need"),
        ),
        ({}, LATE, LifecycleState.CUT_OVER, (Progress.BUILDING, None, "")),
        ({}, LATE, LifecycleState.ACCEPTED, (Progress.STABLE, None, "")),
        ({"strategy": "retain"}, None, None, (Progress.STAYS, None, "")),
    ],
)
def test_progress_and_what_holds_a_late_system_up(
    system: dict[str, object],
    night: date | None,
    state: LifecycleState | None,
    expected: tuple[Progress, LateWhy | None, str],
) -> None:
    standings = [standing("need", LifecycleState.REGISTERED)]
    if state is not None:
        standings.append(standing("a", state))
    plan = roadmap(a=night) if night else roadmap()
    found = summed(dossier({"id": "a", **system}, {"id": "need"}), plan, *standings).systems[0]
    assert (found.progress, found.late_why, found.late_about) == expected


def test_what_cannot_be_planned_is_behind_for_its_missing_facts() -> None:
    left = LeftOut(agency="bo-a", system="a", why=LeftOutWhy.NO_SIZE)
    found = summed(dossier({"id": "a"}), roadmap((left,))).systems[0]
    assert (found.progress, found.late_why, found.late_about) == (
        Progress.BEHIND,
        LateWhy.MISSING_FACTS,
        "no-size",
    )


def test_sums_agree_with_what_is_listed() -> None:
    databases = [
        {"id": "a-db", "system": "a", "engine": "postgresql", "scope": "national", "size_bytes": 2**40},
        {"id": "b-db", "system": "b", "engine": "oracle"},
    ]
    title = {"vi": "Dữ liệu", "en": "Data"}
    datasets = [
        {"id": "one", "title": title, "database": "a-db", "importance": "core"},
        {"id": "two", "title": title, "database": "a-db", "importance": "important"},
    ]
    found = summed(
        dossier(
            {"id": "a", "home": "ndc1"}, {"id": "b", "data_size": "2Ti"}, databases=databases, datasets=datasets
        ),
        roadmap(a=SOON),
    )
    assert {(each.group, each.name): each.count for each in found.figures} == {
        ("total", "agencies"): 1,
        ("total", "systems"): 2,
        ("total", "databases"): 2,
        ("total", "datasets"): 2,
        ("state", "draft"): 2,
        ("progress", "building"): 1,
        ("progress", "not-planned"): 1,
        ("importance", "core"): 1,
        ("importance", "important"): 1,
        ("scope", "national"): 1,
        ("scope", "unknown"): 1,
        ("home", "ndc1"): 1,
        ("home", "unknown"): 1,
        ("wave", "003"): 1,
    }
    assert {each.system: (each.importance, each.size_bytes) for each in found.systems} == {
        "a": ("core", 2**40),
        "b": ("unknown", 2 * 2**40),
    }
    assert found.agencies[0].progress == {"building": 1, "not-planned": 1}


def shared_dossier() -> Dossier:
    title = {"vi": "Khai sinh", "en": "Births"}
    field = {"name": "ho_ten", "scope": "inter-agency", "pii": "name", "dictionary_term": "hoTen"}
    secret = {"name": "ghi_chu_noi_bo", "scope": "agency", "pii": "none"}
    quality = {"quality": "clean", "share_ppm": 999_001, "query": "select 1", "time": "2026-02-01T00:00:00Z"}
    return dossier(
        {"id": "a"},
        databases=[{"id": "a-db", "system": "a", "engine": "postgresql", "size_bytes": 5}],
        datasets=[
            {
                "id": "births",
                "title": title,
                "database": "a-db",
                "sharing": "shared",
                "importance": "core",
                "legal_basis": "Luật Hộ tịch 2014",
                "update_every_days": 1,
                "fields": [field, secret],
                "quality": [quality],
            },
            {"id": "hidden", "title": title, "database": "a-db", "sharing": "private"},
            {"id": "unsaid", "title": title, "database": "a-db"},
        ],
        integrations=[
            {"via": "NDOP", "service": "Dịch vụ hộ tịch", "datasets": ["births", "hidden"]},
            {"via": "api", "service": "Nội bộ", "datasets": ["hidden"]},
        ],
    )


def test_the_catalogue_names_shared_sets_with_the_words_of_dcat() -> None:
    document = dcat_catalogue([shared_dossier()])
    (births,) = document["dcat:dataset"]
    assert births["dct:identifier"] == "bo-a/births"
    assert births["dct:accessRights"]["@id"].endswith("/RESTRICTED")
    assert births["dcatap:applicableLegislation"] == "Luật Hộ tịch 2014"
    assert births["dqv:hasQualityMeasurement"][0]["dqv:value"] == {"@type": "xsd:decimal", "@value": "0.999001"}
    assert births["dcat:distribution"][0]["dcat:byteSize"]["@value"] == "5"
    assert births["dpv:hasPersonalData"] == ["name"]


def test_the_catalogue_tells_nothing_of_private_sets_columns_and_people() -> None:
    text = str(dcat_catalogue([shared_dossier()]))
    assert "ho_ten" in text
    for secret in ("hidden", "unsaid", "ghi_chu_noi_bo", "Nguyễn An", "an@example.vn", "Nội bộ"):
        assert secret not in text


def test_every_set_that_a_service_names_is_in_the_catalogue() -> None:
    document = dcat_catalogue([shared_dossier()])
    known = {node["@id"] for node in document["dcat:dataset"]}
    served = [each["@id"] for service in document["dcat:service"] for each in service["dcat:servesDataset"]]
    assert served
    assert set(served) <= known
    prefixes = set(document["@context"])
    keys = {key.partition(":")[0] for node in document["dcat:dataset"] for key in node if ":" in key}
    assert keys <= prefixes
