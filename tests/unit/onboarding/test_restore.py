"""The register from records alone, and the order in which what was lost comes back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.model.dossier import Dossier
from ndcops.model.errors import NdcopsError
from ndcops.model.lifecycle import STATE_ENTERED
from ndcops.model.record import Record, append_record
from ndcops.model.register import DOSSIER_REGISTERED, Register, ServiceEntry
from ndcops.onboarding.plan.ledger.growth import Entry
from ndcops.onboarding.plan.ordering import dependency_groups
from ndcops.onboarding.plan.register import dossier_entry, fold_register, restore_plan

NOW = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)
NAMES = [f"s{number}" for number in range(8)]
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3), max_size=8)


def dossier(agency: str, *systems: dict[str, object], protection: tuple[dict[str, object], ...] = ()) -> Dossier:
    return Dossier.model_validate(
        {
            "agency": {"id": agency, "title": {"vi": "Bộ", "en": "Ministry"}},
            "as_of": "2026-02-01",
            "contacts": [{"name": "An", "role": "owner", "email": "an@example.vn"}],
            "systems": [
                {"title": {"vi": "Hệ", "en": "System"}, "classification": "internal", **system}
                for system in systems
            ],
            "protection": protection,
        }
    )


def service(name: str, grade: str = "B", needs: tuple[str, ...] = (), home: str = "ndc1") -> ServiceEntry:
    return ServiceEntry(
        id=name,
        title_vi=name,
        title_en=name,
        grade=grade,
        home=home,
        standby="ndc2" if home != "ndc2" else "ndc1",
        rpo_s=0,
        rto_s=600,
        depends_on=needs,
    )


def register(*entries: Entry, services: tuple[ServiceEntry, ...] = ()) -> Register:
    services_body = {"services": [each.model_dump(mode="json") for each in services]}
    records: list[Record] = []
    for entry in [Entry("inventory/services", services_body), *entries]:
        previous = records[-1] if records else None
        records.append(append_record(previous, time=NOW, actor="tester", kind=entry.kind, body=entry.body))
    return fold_register(records)


def order(found: Register, *lost: str) -> list[tuple[str, ...]]:
    return [tuple(item.id for item in step.members) for step in restore_plan(found, lost or ("ndc1",)).steps]


@given(graph=GRAPHS)
def test_groups_come_after_what_they_need_and_hold_what_needs_each_other(graph: dict[str, list[str]]) -> None:
    groups = dependency_groups(graph)
    assert sorted(name for group in groups for name in group) == sorted(graph)
    reach = {name: {name} for name in graph}
    for _ in graph:
        for name in graph:
            for need in graph[name]:
                reach[name] |= reach.get(need, set())
    at = {name: index for index, group in enumerate(groups) for name in group}
    for name in graph:
        for other in graph:
            assert (at[name] == at[other]) == (other in reach[name] and name in reach[other])
            assert other not in reach[name] or at[other] <= at[name]


def test_a_chain_of_ten_thousand_is_no_recursion() -> None:
    chain = {f"s{number}": [f"s{number + 1}"] for number in range(10_000)}
    assert len(dependency_groups(chain)) == 10_000


def test_the_last_word_counts_and_other_kinds_are_passed_over() -> None:
    older, newer = dossier("bo-a", {"id": "x"}), dossier("bo-a", {"id": "x"}, {"id": "y"})
    checks = [{"check": "signatures", "passed": True, "why": "both signed", "waiver": ""}]
    state = {"agency": "bo-a", "system": "x", "dossier_sha256": "0" * 64, "checks": checks, "back": ""}
    found = register(
        dossier_entry(older),
        Entry("anything/else", {"what": "ever"}),
        dossier_entry(newer),
        Entry(STATE_ENTERED, {**state, "state": "registered"}),
        Entry(STATE_ENTERED, {**state, "state": "assessed"}),
    )
    assert [len(entry.dossier["systems"]) for entry in found.dossiers] == [2]
    assert [(each.system, each.state.value) for each in found.states] == [("x", "assessed")]
    assert (found.size, found.as_of) == (6, NOW)


@pytest.mark.parametrize(
    "body", [{}, {"dossier": {}, "dossier_sha256": "x"}, {"dossier": 3, "dossier_sha256": ""}]
)
def test_a_record_without_form_is_said(body: dict[str, object]) -> None:
    with pytest.raises(NdcopsError, match=r"record 1 \(agency/dossier\) cannot be read"):
        register(Entry(DOSSIER_REGISTERED, body))


def test_what_others_need_comes_first_and_as_urgent_as_they_are() -> None:
    found = register(
        services=(
            service("portal", "A", ("identity",)),
            service("identity", "D", ("keys",)),
            service("keys", "D"),
            service("archive", "B"),
            service("elsewhere", "A", home="ndc2"),
        )
    )
    plan = restore_plan(found, ["ndc1"])
    assert order(found) == [("keys",), ("identity",), ("portal",), ("archive",)]
    assert [(step.urgency, step.urgent_for) for step in plan.steps] == [
        (1, "portal"),
        (1, "portal"),
        (1, None),
        (2, None),
    ]
    assert [step.after for step in plan.steps] == [(), (1,), (2,), ()]
    assert plan.kept == 1


def test_systems_that_need_each_other_come_back_together_and_soft_needs_order_nothing() -> None:
    hard = {"hard": True, "kind": "api"}
    found = register(
        dossier_entry(
            dossier(
                "bo-a",
                {"id": "a", "home": "ndc1", "depends_on": [{"to": "b", **hard}]},
                {"id": "b", "home": "ndc1", "depends_on": [{"to": "a", **hard}, {"to": "c", **hard}]},
                {"id": "c", "home": "ndc1", "depends_on": [{"to": "a", "hard": False}]},
                {"id": "d"},
            )
        )
    )
    assert order(found) == [("c",), ("a", "b")]
    assert restore_plan(found, ["ndc1"]).unknown_home == ("d",)


def test_where_it_comes_back_is_said_also_when_the_standby_is_lost_too() -> None:
    systems = ({"id": "a", "home": "ndc1", "standby": "ndc2"}, {"id": "b", "home": "ndc1", "standby": "ndc2"})
    copies = ({"system": "b", "copies": 2, "offsite_dc": "ndc3"},)
    found = register(dossier_entry(dossier("bo-a", *systems, protection=copies)))
    one = restore_plan(found, ["ndc1"])
    assert {name: place for step in one.steps for name, place in step.targets.items()} == {
        "a": "ndc2",
        "b": "ndc2",
    }
    two = restore_plan(found, ["ndc1", "ndc2"])
    assert {name: how for step in two.steps for name, how in step.how.items()} == {
        "a": "no copy known",
        "b": "another copy",
    }
    assert two.unprotected == ("a",)


def test_a_system_that_is_a_service_is_one_thing() -> None:
    need = {"to": "a", "hard": True}
    found = register(
        dossier_entry(
            dossier("bo-a", {"id": "a", "service": "shared"}, {"id": "b", "home": "ndc1", "depends_on": [need]})
        ),
        services=(service("shared"),),
    )
    assert order(found) == [("shared",), ("b",)]


@given(graph=GRAPHS, grades=st.lists(st.sampled_from("ABCD"), min_size=8, max_size=8))
def test_no_step_comes_before_what_it_needs(graph: dict[str, list[str]], grades: list[str]) -> None:
    services = tuple(
        service(name, grades[NAMES.index(name)], tuple(dict.fromkeys(need for need in needs if need in graph)))
        for name, needs in graph.items()
    )
    plan = restore_plan(register(services=services), ["ndc1"])
    at = {item.id: step.number for step in plan.steps for item in step.members}
    assert at.keys() == graph.keys()
    for step in plan.steps:
        assert all(number < step.number for number in step.after)
        for item in step.members:
            assert all(at[need] <= step.number for need in item.needs)
