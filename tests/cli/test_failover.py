"""`ndcops failover` on the simulated country: output, exit codes, one JSON document, reports that are checked."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ndcops.wiring import failover as wired
from tests.cli.conftest import Run
from tests.simulation.process_world import ProcessWorld
from tests.simulation.sample_services import service


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ProcessWorld:
    """The room of the command line is the simulated country's."""
    country = ProcessWorld(
        3, (service("ident", "patroni", "ndc1", "ndc2"), service("plain", "none", "ndc2", "ndc1", ("ident",)))
    )

    def room(kind: str, chosen: Path | None, *, stop: Any, on_step: Callable[[Any], None], glass: Any) -> Any:
        return country.room("ndc3", stop=stop, on_step=on_step, simulated=("everything",), glass=glass)

    monkeypatch.setattr(wired, "failover", room)
    return country


def switched(ndcops: Run) -> str:
    ended = ndcops("failover", "switch", "ident", "--yes", "--json")
    assert ended.code == 0, ended.err
    return str(ended.document["run"])


def test_ready_lists_every_service(ndcops: Run, world: ProcessWorld) -> None:
    ended = ndcops("failover", "ready", "--json")

    assert ended.code == 0
    assert [each["service"] for each in ended.document["services"]] == ["ident", "plain"]
    assert ended.document["simulated"] == ["everything"]


def test_ready_ends_with_5_and_the_reason(ndcops: Run, world: ProcessWorld) -> None:
    world.country.patroni["ident"].sync = ()

    ended = ndcops("failover", "ready", "ident")

    assert ended.code == 5
    assert "no synchronous standby at ndc2" in ended.out


def test_a_dry_run_and_a_plan_change_nothing(ndcops: Run, world: ProcessWorld) -> None:
    shown = ndcops("failover", "switch", "ident", "--dry-run")
    planned = ndcops("failover", "plan", "switch", "ident", "--json")

    assert (shown.code, planned.code) == (0, 0)
    assert "simulated on this target: everything" in shown.out
    assert "ident/switch-database" in shown.out
    assert planned.document["outlook"]["moves"][0]["target"] == "ndc2"
    assert world.country.patroni["ident"].leader == "ndc1"
    assert world.state.runs == {}


def test_switch_moves_and_tells(ndcops: Run, world: ProcessWorld) -> None:
    ended = ndcops("failover", "switch", "ident", "--yes")

    assert ended.code == 0
    assert "moved" in ended.out
    assert world.country.patroni["ident"].leader == "ndc2"


@pytest.mark.parametrize("verb", ["resume", "abort"])
def test_a_dry_run_over_a_run_shows_it_and_leaves_it(ndcops: Run, world: ProcessWorld, verb: str) -> None:
    run = switched(ndcops)
    before = list(world.state.runs[run])

    ended = ndcops("failover", verb, run, "--dry-run", "--json")

    assert (ended.code, ended.document["run"]) == (0, run)
    assert world.state.runs[run] == before


def test_nothing_is_done_without_a_yes(ndcops: Run, world: ProcessWorld) -> None:
    ended = ndcops("failover", "switch", "ident")

    assert ended.code == 2
    assert "add --yes" in ended.err
    assert world.state.runs == {}


def test_a_refusal_ends_with_3_and_every_reason(ndcops: Run, world: ProcessWorld) -> None:
    world.country.patroni["ident"].sync = ()

    ended = ndcops("failover", "switch", "ident", "--yes", "--json")

    assert ended.code == 3
    assert "--accept no-sync-standby:ident" in ended.document["error"]["details"][0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("switch", "nobody"), "unknown service 'nobody'"),
        (("evacuate", "ndc9"), "unknown site 'ndc9'"),
        (("switch", "ident", "--accept", "no-room:ndc2"), "accepted with its reason only"),
        (("switch", "ident", "--accept", "??", "--because", "why not"), "is no risk's name"),
        (("resume", "20260101T000000000-switch"), "there is no run"),
        (("failback",), "all services are at home"),
    ],
)
def test_usage_errors(ndcops: Run, world: ProcessWorld, words: tuple[str, ...], said: str) -> None:
    ended = ndcops("failover", *words, "--yes")

    assert ended.code == 2
    assert said in ended.err


def test_a_lost_site_is_evacuated_rejoins_and_takes_back(ndcops: Run, world: ProcessWorld) -> None:
    world.country.kill("ndc1")
    lost = ndcops("failover", "evacuate", "ndc1", "--lost", "--yes", "--accept", "rto:ident", "--because", "fire")
    world.country.revive("ndc1")
    world.kernel.pass_time(60)
    back = ndcops("failover", "failback", "--yes")

    assert (lost.code, back.code) == (0, 0), (lost.err, back.err)
    assert world.country.patroni["ident"].leader == "ndc1"


def test_status_tells_lock_runs_and_places(ndcops: Run, world: ProcessWorld) -> None:
    run = switched(ndcops)
    ended = ndcops("failover", "status", "--json")
    one = ndcops("failover", "status", run)

    assert ended.code == 0
    assert ended.document["coordination"]["holder"] is None
    assert [each["run"] for each in ended.document["runs"]] == [run]
    assert {each["service"]: each["site"] for each in ended.document["services"]} == {
        "ident": "ndc2",
        "plain": "ndc2",
    }
    assert run in one.out


def test_a_report_is_checked_with_and_without_the_store(ndcops: Run, world: ProcessWorld, tmp_path: Path) -> None:
    run = switched(ndcops)
    page, text, journal = tmp_path / "r.html", tmp_path / "r.md", tmp_path / "r.jsonl"
    wrote = ndcops(
        "failover", "report", run, "--html", str(page), "--markdown", str(text), "--records", str(journal)
    )
    good = ndcops("failover", "report", run, "--check", str(page))
    offline = ndcops("failover", "report", run, "--check", str(text), "--records", str(journal))
    text.write_bytes(text.read_bytes().replace(b"ndc2", b"ndc3", 1))
    changed = ndcops("failover", "report", run, "--check", str(text), "--records", str(journal))
    journal.write_bytes(journal.read_bytes().replace(b"ndc2", b"ndc3", 1))
    damaged = ndcops("failover", "report", run, "--check", str(page), "--records", str(journal))

    assert [each.code for each in (wrote, good, offline, changed, damaged)] == [0, 0, 0, 5, 3]


def test_a_glass_is_written_and_signed_by_two(ndcops: Run, tmp_path: Path) -> None:
    order = tmp_path / "order.json"
    keys = []
    for name in ("a", "b"):
        keys.append(tmp_path / f"{name}.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(keys[-1])], check=True)
    wrote = ndcops("failover", "glass", str(order), "--reason", "two of three centres burn", "--dead", "ndc1")
    for name, key in zip(("a", "b"), keys, strict=True):
        signed = ndcops("failover", "glass", str(order), "--sign-as", name, "--key", str(key), "--json")
    short = ndcops("failover", "glass", str(tmp_path / "other.json"), "--reason", "short", "--dead", "ndc1")

    assert (wrote.code, signed.code, short.code) == (0, 0, 2)
    assert [each["actor"] for each in signed.document["signatures"]] == ["a", "b"]


def test_no_majority_is_no_risk_of_the_command_line(ndcops: Run, world: ProcessWorld) -> None:
    ended = ndcops(
        "failover", "switch", "ident", "--yes", "--accept", "no-majority:coordination", "--because", "hurry"
    )

    assert ended.code == 2
    assert "two people" in ended.err
