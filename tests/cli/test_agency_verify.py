"""`ndcops agency verify` with both ends in memory: what it prints, how it ends, what the ledger then holds."""

import json
from typing import Any

import pytest

from ndcops.model.move import Move
from ndcops.onboarding.run.proving import Prover, Verifying
from ndcops.wiring import proving as wired
from tests.cli.agencies import AGENCY
from tests.fakes.proven_databases import FakeDatabase, FakeDatabases

SYSTEM, DATABASE, OTHER = "ho-tich-dien-tu", "ho-tich-db", "ly-lich-db"


class Ends:
    """Two equal sides of every database."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.source, self.target = FakeDatabase("source"), FakeDatabase("target")
        for side in (self.source, self.target):
            for key in range(1, 6):
                side.write("dan", key, "x")
        real = wired.prover

        def prover(*given: Any, **words: Any) -> Prover:
            built = real(*given, **words)
            fakes = FakeDatabases({"source": self.source, "target": self.target})
            return Prover(**{**vars(built), "databases": fakes})

        monkeypatch.setattr(wired, "prover", prover)
        monkeypatch.setattr(wired, "verifying", lambda room, kind, inventory: Verifying(room, _find))


def _find(agency: str, database: str) -> Move:
    return Move(
        agency=agency,
        system=SYSTEM if database == DATABASE else "ly-lich-tu-phap",
        database=database,
        source="source",
        target="target",
        source_for_target="source",
        target_for_source="target",
    )


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    return Ends(monkeypatch)


def evidence(tmp_path) -> dict[str, Any]:
    """The newest of each check and system in the ledger."""
    ledger = next((tmp_path / "state").rglob("ledger.jsonl"))
    bodies = [json.loads(line)["body"] for line in ledger.read_text().splitlines() if '"agency/evidence"' in line]
    return {f"{one['system']} {one['check']}": one["values"] for one in bodies}


def test_the_same_is_said_and_kept_for_the_gates(agencies, ends, tmp_path):
    ended = agencies("verify", AGENCY, "--database", DATABASE, "--yes")
    assert ended.code == 0, ended.err
    assert "the same (0 differences)" in ended.out
    kept = evidence(tmp_path)
    assert kept[f"{SYSTEM} verification"]["differences"] == 0
    assert kept[f"{SYSTEM} row-hashes"]["rows"] == 5


def test_a_difference_is_named_by_its_key_and_ends_with_5(agencies, ends, tmp_path):
    ends.target.write("dan", 3, None)
    ends.target.delete("dan", 4)
    report, page = tmp_path / "report.json", tmp_path / "pages" / "verify.html"
    written = ("--report", str(report), "--html", str(page))
    ended = agencies("verify", AGENCY, "--database", DATABASE, "--yes", "--json", *written)
    assert ended.code == 5
    assert "Đối chiếu dữ liệu: Bộ Tư pháp" in page.read_text()
    assert page.stat().st_mode & 0o777 == 0o600
    (found,) = ended.document["verifications"]
    listed = sorted((one["kind"], one["key"]) for one in found["tables"][0]["listed"])
    assert listed == [("changed", ["3"]), ("missing", ["4"])]
    assert json.loads(report.read_text())["verifications"] == ended.document["verifications"]
    assert report.stat().st_mode & 0o777 == 0o600
    assert evidence(tmp_path)[f"{SYSTEM} row-hashes"]["differing_rows"] == 2


def test_the_ledger_holds_no_keys_of_people(agencies, ends, tmp_path):
    ends.target.write("dan", 34056123456, "x")
    assert agencies("verify", AGENCY, "--database", DATABASE, "--yes").code == 5
    assert "34056123456" not in next((tmp_path / "state").rglob("ledger.jsonl")).read_text()


def test_undecided_ends_with_3_and_gives_the_gates_no_number(agencies, ends, tmp_path):
    ends.target.refuses = {"dan"}
    ended = agencies("verify", AGENCY, "--database", DATABASE, "--yes")
    assert ended.code == 3
    assert "undecided" in ended.out
    assert "differences" not in evidence(tmp_path)[f"{SYSTEM} verification"]


def test_a_dry_run_keeps_nothing(agencies, ends, tmp_path):
    ended = agencies("verify", AGENCY, "--database", DATABASE, "--dry-run")
    assert ended.code == 0
    assert not list((tmp_path / "state").rglob("ledger.jsonl"))


def test_all_databases_without_a_choice(agencies, ends):
    ended = agencies("verify", AGENCY, "--json", "--yes")
    assert ended.code == 0
    assert len(ended.document["verifications"]) > 1
    assert ended.document["unproven"] == []


def test_without_a_place_in_the_centre_it_is_refused(agencies):
    ended = agencies("verify", AGENCY, "--database", DATABASE, "--yes")
    assert ended.code == 3
    assert "names no service of the centre" in ended.err
