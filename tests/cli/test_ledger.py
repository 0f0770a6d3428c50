"""`ndcops ledger` at the command line: what it shows of each copy, and how it ends when one does not hold."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ndcops.adapters.ledger_files import LedgerFolder
from ndcops.onboarding.plan.ledger.growth import Entry
from ndcops.onboarding.plan.register import services_entry
from ndcops.onboarding.run import Ledger
from ndcops.wiring import ledger as wired
from ndcops.wiring import read_inventory
from tests.cli.conftest import Run
from tests.fakes.ledger import MemoryStore, head_rules, signing_key

NOW = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger of 302 records with files of two sites, in place of the lab's."""
    mirrors = [LedgerFolder(site, tmp_path / site) for site in ("ndc1", "ndc2")]
    for mirror in mirrors:
        mirror.folder.mkdir()
    found = Ledger(MemoryStore(), mirrors, head_rules(), signing_key(), "tester", lambda: NOW)
    notes = [Entry("agency/note", {"agency": "bo-a", "number": number}) for number in range(301)]
    found.append_all([services_entry(read_inventory(None).services), *notes])
    monkeypatch.setattr(wired, "ledger", lambda *_, **__: found)
    return found


def cut(book: Ledger) -> None:
    """NDC2's last segment loses its end."""
    path = book.mirrors[1].folder / "segments" / "000000000256.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-30])


def test_the_latest_records_are_shown(ndcops: Run, book: Ledger) -> None:
    ended = ndcops("ledger", "show", "--last", "2", "--json")
    assert ended.code == 0
    assert [record["body"]["number"] for record in ended.document["records"]] == [299, 300]
    assert "agency/note" in ndcops("ledger", "show").out


def test_register_and_restore_plan_are_the_same_from_every_copy(ndcops: Run, book: Ledger) -> None:
    for words in (("--register",), ("--restore", "ndc1")):
        seen = {ndcops("ledger", "show", *words, "--at", at, "--json").out for at in ("ndc1", "ndc2")}
        assert len(seen) == 1
    plan = ndcops("ledger", "show", "--restore", "ndc1", "--json").document["restore"]
    order = [member["id"] for step in plan["steps"] for member in step["members"]]
    assert order.index("key-management") < order.index("identity") < order.index("data-exchange")
    assert "key-management" in ndcops("ledger", "show", "--restore", "ndc1").out


def test_verify_says_which_copy_does_not_hold_and_ends_with_5(ndcops: Run, book: Ledger) -> None:
    assert ndcops("ledger", "verify").code == 0
    cut(book)
    ended = ndcops("ledger", "verify", "--json")
    assert ended.code == 5
    states = {copy["place"]: copy["state"] for copy in ended.document["copies"]}
    assert states == {"coordination store": "whole", "ndc1": "whole", "ndc2": "damaged"}
    ended = ndcops("ledger", "show", "--at", "ndc2")
    assert ended.code == 3
    assert "the ledger at ndc2 does not hold" in ended.err


def test_mending_shows_asks_and_writes_the_copy_anew(ndcops: Run, book: Ledger) -> None:
    cut(book)
    ended = ndcops("ledger", "verify", "--mend", "--dry-run", "--json")
    assert (ended.code, [each["place"] for each in ended.document["mended"]]) == (0, ["ndc2"])
    ended = ndcops("ledger", "verify", "--mend")
    assert ended.code == 2
    assert "there is no terminal" in ended.err
    assert not book.verify().is_whole
    assert ndcops("ledger", "verify", "--mend", "--yes").code == 0
    assert book.verify().is_whole


def test_where_nothing_is_to_mend_nobody_is_asked(ndcops: Run, book: Ledger) -> None:
    ended = ndcops("ledger", "verify", "--mend", "--json")
    assert (ended.code, ended.document["mended"]) == (0, [])


def test_an_export_is_verified_by_its_own_program(ndcops: Run, book: Ledger, tmp_path: Path) -> None:
    export, verifier = tmp_path / "ledger.gz", tmp_path / "verify.pyz"
    ended = ndcops("ledger", "export", str(export), "--verifier", str(verifier), "--json")
    assert ended.code == 0
    keys = [word for key in ended.document["keys"] for word in ("--key", key)]
    done = subprocess.run([sys.executable, verifier, export, *keys], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "holds: 302 records of example.test/register")
    ended = ndcops("ledger", "verify", "--export", str(export), "--json", *keys)
    assert (ended.code, ended.document["records"]) == (0, 302)
    export.write_bytes(export.read_bytes()[:-9])
    ended = ndcops("ledger", "verify", "--export", str(export))
    assert ended.code == 3
    assert "does not hold" in ended.err


def test_a_head_that_was_kept_uncovers_what_was_cut(ndcops: Run, book: Ledger, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text(book.store.checkpoint() or "")
    assert ndcops("ledger", "verify", "--against", str(kept)).code == 0
    kept.write_text("no head\n")
    assert ndcops("ledger", "verify", "--against", str(kept)).code == 2
    assert ndcops("ledger", "verify", "--against", str(tmp_path / "missing")).code == 2


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("show", "--at", "ndc9"), 2, "no copy of the ledger is called 'ndc9'"),
        (("verify", "--export", "missing.gz"), 1, "missing.gz"),
        (("verify", "--export", "x", "--key", "nonsense"), 2, "is no verifier key"),
    ],
)
def test_what_cannot_be_answered_says_why(
    ndcops: Run, book: Ledger, words: tuple[str, ...], code: int, why: str
) -> None:
    ended = ndcops("ledger", *words, "--json")
    assert ended.code == code
    assert why in json.dumps(ended.document, ensure_ascii=False)


def test_without_a_lab_the_next_command_is_said(ndcops: Run) -> None:
    ended = ndcops("ledger", "show")
    assert ended.code == 1
    assert "the lab is not up" in ended.err
    assert "ndcops lab up" in ended.err
