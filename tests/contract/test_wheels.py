"""Downloading wheels by hash, with a folder as the package index."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.toolchain.bundle import download_wheels


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return path


def test_downloads_a_wheel_of_the_right_hash(wheel: Path, tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"tiny==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")

    assert download_wheels(requirements, tmp_path / "wheels") == 1
    assert (tmp_path / "wheels" / wheel.name).read_bytes() == wheel.read_bytes()


def test_a_wheel_of_another_hash_is_refused(wheel: Path, tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"tiny==1.0 --hash=sha256:{'0' * 64}\n")

    with pytest.raises(NdcopsError, match="pip could not download") as caught:
        download_wheels(requirements, tmp_path / "wheels")

    assert any("hash" in detail.lower() for detail in caught.value.details)


def test_missing_requirements_are_invalid_input(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no requirements file"):
        download_wheels(tmp_path / "requirements.txt", tmp_path / "wheels")
