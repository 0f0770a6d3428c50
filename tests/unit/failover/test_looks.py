"""A look from outside ends when it sees a write confirmed: counting what was lost is no pause of the service."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ndcops.failover.plan.story import tell
from ndcops.failover.run.past import durations_of
from ndcops.failover.steps import VerifyService
from ndcops.lab.probe import control
from ndcops.lab.probe.log import Attempt, line
from ndcops.lab.probe.settings import ProbeSettings
from ndcops.model.record import Record, append_record
from ndcops.workflow.journal import BEGUN, DONE, ENDED, PLANNED

BEGAN = datetime(2026, 2, 1, tzinfo=UTC)
LOOK = VerifyService("ident", (), "ndc2", "10.0.0.2", ())


def journal(evidence: dict[str, object]) -> list[Record]:
    """A planned move that began with its look, which was done after six seconds."""
    move = {"service": "ident", "source": "ndc1", "target": "ndc2", "planned": True}
    plan = {
        "title": "failover switch",
        "target": "lab",
        "steps": [{"key": LOOK.key, "kind": LOOK.kind, "arguments": {"service": "ident"}}],
    }
    bodies = [
        (PLANNED, {"plan": plan, "ordered": {"moves": [move], "predicted": []}}, 0),
        (BEGUN, {"key": LOOK.key, "kind": LOOK.kind, "arguments": {}}, 1),
        (DONE, {"key": LOOK.key, "evidence": evidence}, 7),
        (ENDED, {"result": "done"}, 8),
    ]
    records: list[Record] = []
    for kind, body, second in bodies:
        last = records[-1] if records else None
        records.append(
            append_record(last, time=BEGAN + timedelta(seconds=second), actor="a", kind=kind, body=body)
        )
    return records


@pytest.mark.parametrize(
    ("evidence", "pause_ms"),
    [
        ({"seen_at": (BEGAN + timedelta(seconds=2)).isoformat(), "lost": 0}, 1000),
        ({"lost": 0}, 6000),
    ],
    ids=["it tells", "of a journal from before it did"],
)
def test_counting_is_no_pause(evidence: dict[str, object], pause_ms: int) -> None:
    records = journal(evidence)
    assert [one.took_ms for one in durations_of(records)] == [pause_ms]
    (moved,) = tell("r", records).services
    assert moved.pause_ms == pause_ms


def settings(folder: Path) -> ProbeSettings:
    return ProbeSettings(
        service="ident",
        name="ident.example",
        servers=(),
        port=5432,
        database="ident",
        user="ident",
        password_file=folder / "password",
        run="r",
        log=folder / "log",
        rate_per_s=200,
        connections=4,
        timeout_s=2,
    )


@pytest.mark.parametrize(
    ("attempts", "waits_for"),
    [
        ([], "waiting"),
        ([Attempt(900, 1, "a", 1.0)], "waiting"),
        ([Attempt(900, 1, "a", 1.0), Attempt(1100, 2, "a", problem="refused")], "refused"),
        ([Attempt(1100, 2, "a", 1.0), Attempt(1200, 3, "a", problem="refused")], ""),
        ([Attempt(1100, 1, "a", 1.0)], ""),
    ],
)
@pytest.mark.parametrize("before", [0, 50_000], ids=["short", "long"])
def test_the_end_of_the_log_tells_whether_a_write_got_through(
    before: int, attempts: list[Attempt], waits_for: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_settings_file", lambda *_: tmp_path / "settings.json")
    monkeypatch.setattr(control, "read_state", lambda _: "a lab")
    runs = [True]
    monkeypatch.setattr(control, "_runs", lambda *_: runs[-1])
    known = settings(tmp_path)
    since = datetime.fromtimestamp(1, UTC)
    assert control.waits_for("ident", since) == "", "no probe"
    (tmp_path / "settings.json").write_text(known.model_dump_json())
    assert control.waits_for("ident", since) == "waiting", "no line yet"
    known.log.write_bytes(b"".join(line(Attempt(10, each, "a", 1.0)) for each in range(before)))
    with known.log.open("ab") as log:
        log.write(b"".join(map(line, attempts)) + b'{"at_ms": 2')
    assert control.waits_for("ident", since) == waits_for
    runs.append(False)
    assert control.waits_for("ident", since) == "", "one that was stopped tells nothing"
