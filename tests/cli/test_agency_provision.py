"""`ndcops agency roadmap --record|provision|withdraw`: on from the assessment, engines and clusters on fakes."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ndcops.cli import agency_provision_run
from ndcops.model.object_names import AGENCY_ROLE
from ndcops.model.tenancy import FoundBinding
from ndcops.onboarding.run.landing_zones import LandingZones
from tests.cli.agencies import AGENCY, DOSSIER
from tests.fakes.tenant_clusters import FakeZones

SYSTEMS = {"ho-tich-dien-tu", "ly-lich-tu-phap"}


@pytest.fixture
def zones(monkeypatch) -> FakeZones:
    world = FakeZones()

    @contextmanager
    def opened(room: Any, kind: str, inventory: object, **sinks: Any) -> Iterator[Any]:
        yield LandingZones(room, world, world), lambda: None

    monkeypatch.setattr(agency_provision_run, "landing_zones", opened)
    return world


@pytest.fixture
def assessed(agencies):
    agencies.sign("an")
    agencies.sign("binh")
    assert agencies("assess", AGENCY, "--yes").code == 0
    return agencies


@pytest.fixture(scope="module")
def once(tmp_path_factory) -> Path:
    """Where the first test that needs a planned agency leaves it for the others: assessing takes time."""
    return tmp_path_factory.mktemp("planned")


KEPT = ("inventory", "state", "an", "binh")


@pytest.fixture
def planned(agencies, tmp_path, once):
    if (once / "state").exists():
        for name in KEPT:
            _copy(once / name, tmp_path / name)
        return agencies
    agencies.sign("an")
    agencies.sign("binh")
    assert agencies("assess", AGENCY, "--yes").code == 0
    assert agencies("roadmap", "--record", "--yes").code == 0
    for name in KEPT:
        _copy(tmp_path / name, once / name)
    return agencies


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


def evidence(ended, check: str) -> list[dict[str, Any]]:
    return [each["values"] for each in ended.document["evidence"] if each["check"] == check]


def test_a_recorded_roadmap_lets_assessed_systems_in(planned):
    assert set(planned.states().values()) == {"planned"}


def test_a_recorded_roadmap_names_its_records(assessed):
    ended = assessed("roadmap", "--record", "--dry-run", "--json")
    kept = [step["key"] for step in ended.document["plan"]["steps"]]
    assert kept[:2] == ["record roadmap", "record the centres' services"]
    assert {f"state {system} planned" for system in SYSTEMS} <= set(kept)
    assert set(assessed.states().values()) == {"assessed"}
    assessed("roadmap", "--record", "--yes")
    again = assessed("roadmap", "--record", "--dry-run", "--json").document["plan"]["steps"]
    assert [step["key"] for step in again] == ["record roadmap"], "services did not change, systems are in"


def test_before_the_plan_no_landing_zone(assessed, zones):
    ended = assessed("provision", AGENCY, "--yes")
    assert ended.code == 3
    assert "a landing zone comes after the plan" in ended.err
    assert not zones.applied


def test_a_landing_zone_is_made_proven_and_its_gate_opened(planned, zones):
    shown = planned("provision", AGENCY, "--dry-run", "--json")
    assert shown.code == 0
    assert any("integrated-database" in each for each in shown.document["denied"])
    assert not zones.applied

    ended = planned("provision", AGENCY, "--yes", "--json")
    assert ended.code == 0, ended.err
    assert set(zones.applied) == {("ndc1", AGENCY), ("ndc2", AGENCY)}
    for values in evidence(ended, "landing-zone"):
        assert values["problems"] == []
        assert values["standby_site"] == "ndc2"
    assert [values["allowed"] for values in evidence(ended, "cross-tenant")] == [0, 0]
    assert set(planned.states().values()) == {"landing-zone-ready"}

    again = planned("provision", AGENCY, "--yes", "--json")
    assert (again.code, again.document["done"], again.document["gates"]) == (0, {}, [])
    assert "nothing to change" in planned("provision", AGENCY, "--yes").out


def test_a_leak_shuts_the_gate_until_it_is_gone(planned, zones):
    leak = FoundBinding(
        namespace="tenant-ho-tich-dien-tu",
        name="helpful",
        role=f"ClusterRole {AGENCY_ROLE}",
        subjects=("Group system:authenticated",),
    )
    zones.extra.append(("ndc2", leak))
    ended = planned("provision", AGENCY, "--yes")
    assert ended.code == 5
    told = re.sub(r"[\s│┃]+", "", ended.out)
    assert "ndc2:anybodymaygetpods" in told
    assert "tenant-ho-tich-dien-tu/helpful" in told
    assert set(planned.states().values()) == {"planned"}
    zones.extra.clear()
    assert planned("provision", AGENCY, "--yes").code == 0
    assert set(planned.states().values()) == {"landing-zone-ready"}


def test_one_system_s_gate_at_a_time(planned, zones):
    assert planned("provision", AGENCY, "--system", "ho-tich-dien-tu", "--yes").code == 0
    assert planned.states() == {"ho-tich-dien-tu": "landing-zone-ready", "ly-lich-tu-phap": "planned"}
    ended = planned("provision", AGENCY, "--system", "no-such", "--yes")
    assert (ended.code, "known: ho-tich-dien-tu, ly-lich-tu-phap" in ended.err) == (2, True)


def test_a_site_that_does_not_answer_leaves_the_gate_shut(planned, zones):
    zones.silent.add("ndc2")
    ended = planned("provision", AGENCY, "--yes")
    assert ended.code == 4
    assert "cluster ndc2 does not answer" in ended.err
    assert set(planned.states().values()) == {"planned"}
    zones.silent.clear()
    assert planned("provision", AGENCY, "--yes").code == 0


def test_a_dossier_that_changed_since_it_was_signed_makes_nothing(planned, zones):
    planned.edit("- bo-tu-phap-dba", "- somebody-else")
    ended = planned("provision", AGENCY, "--yes")
    assert ended.code == 3
    assert "as it is now is not signed by both sides" in ended.err
    assert not zones.applied


def test_a_missing_fact_is_said_before_anything_is_made(planned, zones):
    path = planned.inventory / DOSSIER
    document = yaml.safe_load(path.read_text())
    del document["systems"][0]["groups"]
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    assert (planned.sign("an").code, planned.sign("binh").code) == (0, 0)
    ended = planned("provision", AGENCY, "--yes")
    assert ended.code == 3
    assert "ho-tich-dien-tu: groups is not declared" in ended.err
    assert not zones.applied


def test_a_system_is_withdrawn_before_anything_moved(planned):
    words = ("withdraw", AGENCY, "--system", "ho-tich-dien-tu")
    assert planned(*words, "--yes").code == 2, "without a reason"
    assert planned(*words, "--reason", " ", "--yes").code == 2
    ended = planned(*words, "--reason", "sáp nhập cơ quan", "--yes")
    assert ended.code == 0, ended.err
    assert planned.states() == {"ho-tich-dien-tu": "draft", "ly-lich-tu-phap": "planned"}
    again = planned(*words, "--reason", "again", "--yes")
    assert again.code == 3
    assert "only a system of which nothing was moved can be withdrawn" in again.err
