"""The program that verifies an export: alone in an empty folder, with a Python that has no packages."""

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ndcops.adapters.ledger_files import write_export, write_verifier
from ndcops.adapters.ledger_files.offline_verifier import (
    Tampered,
    is_valid_by_openssl,
    is_valid_ed25519,
    main,
    verify_export,
)
from ndcops.onboarding.plan.ledger.growth import Entry
from ndcops.onboarding.run.ledger import Ledger
from tests.fakes.ledger import MemoryStore, head_rules, signing_key

NOW = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)


def grown(count: int) -> Ledger:
    book = Ledger(MemoryStore(), (), head_rules(), signing_key(), "tester", lambda: NOW)
    book.append_all([Entry("agency/state", {"number": number}) for number in range(count)])
    return book


def exported(path: Path, book: Ledger) -> Path:
    segments = [book.store.segment(first) for first in book.store.firsts()]
    write_export(path, book.store.checkpoint() or "", [signing_key().key], [each for each in segments if each])
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return exported(tmp_path / "ledger.gz", grown(300))


def rewritten(export: Path, change: object) -> Path:
    lines = gzip.decompress(export.read_bytes()).split(b"\n")
    changed = change(lines)
    export.write_bytes(gzip.compress(b"\n".join(lines if changed is None else changed)))
    return export


def test_an_export_holds(export: Path) -> None:
    found = verify_export(export, [signing_key().key])
    assert (found.records, found.signers, found.keys_from_export) == (300, ("example.test/register",), False)
    assert verify_export(export).keys_from_export


def test_the_program_runs_alone_and_by_openssl_where_cryptography_is_missing(export: Path, tmp_path: Path) -> None:
    program = tmp_path / "elsewhere" / "verify_ledger.pyz"
    write_verifier(program)
    # -I -S: no folder of ours, no site packages: what an auditor's bare machine has.
    command = [sys.executable, "-I", "-S", "-W", "error", program, export, "--key", signing_key().key.text()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "holds: 300 records of example.test/register" in done.stdout
    rewritten(export, lambda lines: lines.pop(5) and None)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 5
    assert done.stderr == "DOES NOT HOLD: record 4: it says that it is number 5\n"


def test_openssl_and_cryptography_agree() -> None:
    key = signing_key()
    signature = key.sign(b"message")
    for message, sealed in ((b"message", signature), (b"massage", signature), (b"message", signature[::-1])):
        verdicts = {check(key.key.public, message, sealed) for check in (is_valid_ed25519, is_valid_by_openssl)}
        assert verdicts == {message == b"message" and sealed == signature}


def _with_head(lines: list[bytes], **changes: object) -> list[bytes]:
    return [json.dumps({**json.loads(lines[0]), **changes}).encode(), *lines[1:]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: [*lines[:-3], b""], "it holds 298 records; its head signs for 300"),
        (lambda lines: lines[:-1], "its last line is not whole"),
        (lambda lines: lines[1:], "it is no export of a ledger"),
        (lambda lines: [], "it is no export of a ledger"),
        (lambda lines: _with_head(lines, checkpoint="nothing"), "a note is a text"),
        (
            lambda lines: _with_head(lines, keys=[signing_key(5, "other").key.text()]),
            "no known key signed its head",
        ),
        (lambda lines: _with_head(lines, keys=[]), "no known key signed its head"),
        (lambda lines: [lines[0], *lines[2:]], "record 0: it says that it is number 1"),
        (lambda lines: [*lines[:-1], b"{}", b""], "record 300: not a record as it is written"),
    ],
)
def test_every_lie_is_said(export: Path, change: object, why: str) -> None:
    with pytest.raises(Tampered, match=why):
        verify_export(rewritten(export, change))


def test_a_file_that_was_cut_or_is_none_is_said(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    data = export.read_bytes()
    export.write_bytes(data[:-9])
    with pytest.raises(Tampered, match="cut off or damaged"):
        verify_export(export)
    export.write_bytes(b"plain text")
    with pytest.raises(Tampered, match="cut off or damaged"):
        verify_export(export)
    assert main([str(tmp_path / "missing.gz")]) == 1
    assert main([str(export), "--key", "a+b+c"]) == 2
    assert "cannot be judged" in capsys.readouterr().err


def test_a_kept_head_uncovers_an_older_ledger_and_another_history(tmp_path: Path) -> None:
    older, whole = grown(200), grown(300)
    export = exported(tmp_path / "ledger.gz", whole)
    verify_export(export, heads=[older.store.checkpoint() or ""])
    with pytest.raises(Tampered, match="it holds 200 records; a head that was kept signs for 300"):
        verify_export(exported(tmp_path / "older.gz", older), heads=[whole.store.checkpoint() or ""])
    other = Ledger(MemoryStore(), (), head_rules(), signing_key(), "somebody", lambda: NOW)
    other.append_all([Entry("agency/state", {"number": number}) for number in range(200)])
    with pytest.raises(Tampered, match="its first 200 records are not those that were signed"):
        verify_export(export, heads=[other.store.checkpoint() or ""])
