"""The XDG folders: which variable wins, and that nobody else can read them."""

import stat
from pathlib import Path

import pytest

from ndcops.model.errors import NdcopsError
from ndcops.toolchain.folders import cache_dir, runtime_dir, state_dir


def test_own_variable_wins_over_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NDCOPS_CACHE_DIR", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))

    assert cache_dir() == tmp_path / "own"


def test_xdg_folder_gets_a_subfolder_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))

    assert state_dir() == tmp_path / "xdg" / "ndcops"


def test_relative_xdg_path_is_ignored_as_the_specification_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "somewhere")

    assert state_dir() == tmp_path / ".local/state/ndcops"


def test_runtime_folder_falls_back_to_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    assert runtime_dir() == tmp_path / "state" / "run"


def test_folders_are_private() -> None:
    assert stat.S_IMODE(cache_dir().stat().st_mode) == 0o700


def test_says_which_folder_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("NDCOPS_CACHE_DIR", str(blocker / "cache"))

    with pytest.raises(NdcopsError, match="cannot create the folder") as caught:
        cache_dir()

    assert "NDCOPS_CACHE_DIR" in caught.value.resolution
