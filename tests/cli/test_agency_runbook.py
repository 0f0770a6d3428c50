"""`ndcops agency runbook`: shown, written, and run step by step up to the plan, on live sample sources."""

import pytest

from ndcops.model.runbook import RUNBOOK_STEP
from tests.cli.agencies import AGENCY


@pytest.fixture
def keyed(agencies, monkeypatch):
    """Whoever runs a step next holds this person's key."""

    def hold(person: str) -> None:
        monkeypatch.setenv("NDCOPS_SIGNING_KEY", str(agencies.folder / person))

    return hold


def run(agencies, *words: str):
    return agencies("runbook", AGENCY, *words, "--yes", "--json")


def test_the_runbook_is_shown_and_written_in_both_languages(agencies, tmp_path):
    html, vi, en = tmp_path / "r.html", tmp_path / "vi.md", tmp_path / "en.md"
    ended = agencies("runbook", AGENCY, "--html", str(html), "--markdown", str(vi), "--json")
    assert ended.code == 0, ended.err
    assert ended.document["tasks"][0]["state"] == "next"
    assert "Sổ tay" in html.read_text()
    assert agencies("runbook", AGENCY, "--markdown", str(en), "--language", "en").code == 0
    assert "# Runbook" in en.read_text()
    assert "ndcops agency assess bo-tu-phap --yes" in vi.read_text()
    one = agencies("runbook", AGENCY, "--system", "ho-tich-dien-tu", "--json").document
    assert {task["subject"] for task in one["tasks"]} == {AGENCY, "ho-tich-dien-tu", "ho-tich-db"}


def test_every_step_up_to_the_plan_is_run_in_order_by_its_own_command(agencies, keyed, tmp_path):
    steps = {"dossier": "an", "sign-agency": "an", "sign-centre": "binh", "assess": "an", "roadmap": "binh"}
    for step, person in steps.items():
        keyed(person)
        ended = run(agencies, "--next")
        assert ended.code == 0, ended.err
        assert ended.document["done"]["step"] == step
    assert set(agencies.states().values()) == {"planned"}
    shown = agencies("runbook", AGENCY, "--json").document
    states = [task["state"] for task in shown["tasks"]]
    assert states[: len(steps) + 1] == ["done"] * len(steps) + ["next"]
    assert all(task["done_by"].startswith("key sha256:") for task in shown["tasks"][: len(steps)])
    ledger = next((tmp_path / "state").rglob("ledger.jsonl")).read_text()
    assert ledger.count(RUNBOOK_STEP) == len(steps)
    assert str(agencies.folder) not in ledger, "where keys lie is nobody's business"


def test_a_step_whose_precondition_fails_does_nothing(agencies, keyed):
    keyed("an")
    ended = run(agencies, "--run", "roadmap")
    assert ended.code == 3
    assert "a precondition does not hold" in ended.err
    assert set(agencies.states().values()) == {"draft"}


def test_a_command_that_fails_is_told_with_its_way_back(agencies, keyed):
    keyed("binh")
    ended = run(agencies, "--run", "sign-agency")
    assert ended.code == 1
    assert "sign-agency/bo-tu-phap did not end as the runbook says: ended with 3" in ended.err
    assert "--refuse" in ended.err


def test_a_key_is_asked_for_by_name(agencies, monkeypatch):
    monkeypatch.delenv("NDCOPS_SIGNING_KEY", raising=False)
    ended = run(agencies, "--run", "sign-agency")
    assert ended.code == 3
    assert "NDCOPS_SIGNING_KEY=FILE" in ended.err


def test_a_dry_run_shows_the_step_and_runs_nothing(agencies, tmp_path):
    ended = agencies("runbook", AGENCY, "--next", "--dry-run", "--json")
    assert ended.document["task"]["command"] == "ndcops agency assess bo-tu-phap --dry-run"
    assert not list((tmp_path / "state").rglob("*.jsonl"))
    assert "abort when" in agencies("runbook", AGENCY, "--next", "--dry-run").out


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--run", "no-such"), 2, "has no step 'no-such'"),
        (("--next", "--subject", "x"), 2, "--subject goes with --run"),
        (("--system", "no-such"), 2, "has no system 'no-such'"),
        (("--language", "fr"), 2, "expected vi or en"),
    ],
)
def test_words_that_do_not_fit(agencies, words, code, why):
    ended = agencies("runbook", AGENCY, *words)
    assert (ended.code, why in ended.err) == (code, True), ended.err


def test_without_a_runbook_the_next_command_is_said(agencies):
    (agencies.inventory / "runbook.yaml").unlink()
    ended = agencies("runbook", AGENCY)
    assert (ended.code, "inventory schema --kind Runbook" in ended.err) == (2, True)
