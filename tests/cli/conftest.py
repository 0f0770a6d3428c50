"""The command line in this process: what it prints, how it ends; with the room on fakes where a test asks."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ndcops.cli.app import main
from tests.cli.agencies import Agencies
from tests.cli.fake_room import install
from tests.sample_sources import sample_sources
from tests.unit.provisioning.samples import Room

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "no-kubeconfig"))
    for name in ("NDCOPS_TARGET", "NDCOPS_INVENTORY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ndcops(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `ndcops WORDS...` without a terminal."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["ndcops", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        seen = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(int(ended.value.code), seen.out, seen.err)

    return run


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """The room that `ndcops stack` opens, on fakes."""
    world = Room()
    install(world, monkeypatch.setattr)
    return world


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A copy of the sample inventory, to be broken."""
    return Path(shutil.copytree(REPOSITORY / "inventory", tmp_path / "inventory"))


@pytest.fixture(scope="session")
def sample_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A service file that leads to the live databases of the sample agencies."""
    with sample_sources(tmp_path_factory.mktemp("sources")) as (_, file):
        yield file


@pytest.fixture
def agencies(
    ndcops: Run, inventory: Path, tmp_path: Path, sample_services: Path, monkeypatch: pytest.MonkeyPatch
) -> Agencies:
    """`ndcops agency` on a copy of the sample inventory."""
    monkeypatch.setenv("PGSERVICEFILE", str(sample_services))
    return Agencies(ndcops, inventory, tmp_path)
