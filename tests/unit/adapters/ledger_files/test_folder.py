"""A copy in a folder: a missing mount, links and monsters are errors, not an empty ledger."""

import os
from pathlib import Path

import pytest

from ndcops.adapters.ledger_files import LedgerFolder
from ndcops.model.errors import NdcopsError
from ndcops.model.ledger import LedgerSegment

SEGMENT = LedgerSegment(first=0, data=b"x")


def test_a_missing_folder_is_a_missing_mount_not_an_empty_ledger(tmp_path: Path) -> None:
    copy = LedgerFolder("ndc1", tmp_path / "mount")
    for use in (copy.checkpoint, copy.firsts, lambda: copy.put_segment(SEGMENT), lambda: copy.put_checkpoint("x")):
        with pytest.raises(NdcopsError, match="copy at ndc1 is not there"):
            use()
    assert not (tmp_path / "mount").exists()


def test_a_labs_copy_is_made_below_a_site_that_stands(tmp_path: Path) -> None:
    LedgerFolder("ndc1", tmp_path / "ledger", may_create=True).put_checkpoint("x")
    with pytest.raises(NdcopsError, match="is not there"):
        LedgerFolder("ndc2", tmp_path / "ndc2" / "ledger", may_create=True).checkpoint()


def test_links_pipes_folders_and_monsters_are_refused(tmp_path: Path) -> None:
    copy = LedgerFolder("ndc1", tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("another's")
    path = tmp_path / "checkpoint"
    path.symlink_to(secret)
    with pytest.raises(NdcopsError, match="copy at ndc1"):
        copy.checkpoint()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(NdcopsError, match="is no file"):
        copy.checkpoint()
    path.unlink()
    path.mkdir()
    with pytest.raises(NdcopsError, match="Is a directory"):
        copy.checkpoint()
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(NdcopsError, match="is larger than 16,384 bytes"):
        copy.checkpoint()


def test_files_are_for_their_owner_and_others_names_are_passed_over(tmp_path: Path) -> None:
    copy = LedgerFolder("ndc1", tmp_path)
    copy.put_segment(SEGMENT)
    copy.put_checkpoint("x")
    (tmp_path / "segments" / "notes.txt").write_text("x")
    assert copy.firsts() == (0,)
    for file in (tmp_path / "checkpoint", tmp_path / "segments" / "000000000000.jsonl.gz"):
        assert file.stat().st_mode & 0o777 == 0o600
