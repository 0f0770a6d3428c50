"""A stack's work folder: written whole, mended when a kill or a full disk cut it off, usable by plain pulumi."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from ndcops.adapters.pulumi_engine.command import OwnedCommand
from ndcops.adapters.pulumi_engine.engine import PulumiEngine
from ndcops.adapters.pulumi_engine.settings import EngineSettings
from ndcops.adapters.pulumi_engine.state_files import object_count, read_state
from ndcops.adapters.pulumi_engine.workspace import CONFIG_KEY, open_stack
from ndcops.model.stack_input import StackInput
from tests.stacks.sample import stack_input
from tests.unit.adapters.pulumi_engine.samples import STACK, checkpoint, settings_in, write_state

SALT = "v1:5D4lZbWtsNY=:v1:xyz"
SEALED = checkpoint(secrets_providers={"type": "passphrase", "state": {"salt": SALT}}, resources=[])


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "no-plugins"))


@pytest.fixture
def settings(tmp_path: Path) -> EngineSettings:
    chosen = settings_in(tmp_path)
    PulumiEngine(chosen, "3.246.0")
    return chosen


def opened(settings: EngineSettings) -> Path:
    command = OwnedCommand(settings.pulumi, "3.246.0", None)
    open_stack(settings, STACK, command, lambda: None, stack_input(), take_over=False)
    return settings.work_dir(STACK)


def config_of(folder: Path) -> dict[str, object]:
    return dict(yaml.safe_load((folder / "Pulumi.ndc1.yaml").read_text()))


def test_the_folder_holds_project_and_input(settings: EngineSettings) -> None:
    folder = opened(settings)
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    assert project["name"] == "ndcops-network"
    assert project["main"] == str(settings.stacks_dir / "network")
    assert project["backend"] == {"url": f"file://{settings.backend_dir}?metadata=skip"}
    assert project["plugins"] == {"providers": [{"name": "kubernetes", "path": str(settings.plugin_dir)}]}
    value = config_of(folder)["config"][CONFIG_KEY]  # type: ignore[index]
    assert StackInput.model_validate_json(value) == stack_input()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_new_stack_has_an_empty_state(settings: EngineSettings) -> None:
    opened(settings)
    state = read_state(settings.state_file(STACK), STACK)
    assert state is not None
    assert object_count(state) == 0
    assert (settings.backend_dir / ".pulumi" / "meta.yaml").read_text() == "version: 1\n"


def test_a_state_that_exists_is_left_alone(settings: EngineSettings) -> None:
    path = write_state(settings, SEALED)
    opened(settings)
    assert path.read_bytes() == SEALED


@pytest.mark.parametrize(
    "lost",
    [None, "", "config:\n", "config:\n  'ndcops:site': '{\"site", "\t: : [", "just a word", "- 1\n", "\x00"],
)
def test_the_salt_comes_back_from_the_state_when_the_settings_are_lost(
    settings: EngineSettings, lost: str | None
) -> None:
    write_state(settings, SEALED)
    path = settings.work_dir(STACK) / "Pulumi.ndc1.yaml"
    path.parent.mkdir(parents=True)
    if lost is not None:
        path.write_text(lost)
    found = config_of(opened(settings))
    assert found["encryptionsalt"] == SALT
    assert json.loads(found["config"][CONFIG_KEY])["site"]["name"] == "ndc1"  # type: ignore[index]


def test_the_engine_s_own_settings_are_kept(settings: EngineSettings) -> None:
    path = settings.work_dir(STACK) / "Pulumi.ndc1.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump({"encryptionsalt": "v1:own", "secretsprovider": "awskms://x"}))
    found = config_of(opened(settings))
    assert (found["encryptionsalt"], found["secretsprovider"]) == ("v1:own", "awskms://x")


def test_what_is_as_wanted_is_not_written_again(settings: EngineSettings) -> None:
    folder = opened(settings)
    paths = [*folder.iterdir(), settings.state_file(STACK)]
    before = {path: path.stat().st_ino for path in paths}
    opened(settings)
    assert {path: path.stat().st_ino for path in paths} == before


def test_nothing_half_written_is_left_in_place(settings: EngineSettings) -> None:
    folder = opened(settings)
    names = {path.name for path in (*folder.iterdir(), *settings.state_file(STACK).parent.iterdir())}
    assert names == {"Pulumi.yaml", "Pulumi.ndc1.yaml", "ndc1.json"}


def test_a_damaged_project_file_is_written_again(settings: EngineSettings) -> None:
    folder = opened(settings)
    (folder / "Pulumi.yaml").write_text("name: ndc")
    opened(settings)
    assert yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"] == "ndcops-network"


def test_the_passphrase_is_made_once_and_private(settings: EngineSettings) -> None:
    path = Path(settings.environment()["PULUMI_CONFIG_PASSPHRASE_FILE"])
    first = path.read_text()
    assert len(first) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert Path(settings.environment()["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text() == first
    assert [each.name for each in settings.state_dir.iterdir() if "passphrase" in each.name] == ["passphrase"]


def test_threads_that_start_together_get_one_passphrase(settings: EngineSettings) -> None:
    start = threading.Barrier(8)

    def read() -> str:
        start.wait(10)
        return Path(settings.environment()["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text()

    with ThreadPoolExecutor(8) as pool:
        seen = {future.result() for future in [pool.submit(read) for _ in range(8)]}
    assert len(seen) == 1
    assert len(seen.pop()) >= 32


def test_a_full_disk_leaves_nothing_half_written(tiny_disk: Path) -> None:
    settings = settings_in(tiny_disk)
    settings.prepare()
    filling = tiny_disk / "filling"
    with pytest.raises(OSError, match="No space left"):
        filling.write_bytes(bytes(2**20))
    with pytest.raises(OSError, match="No space left"):
        opened(settings)
    assert [path for path in tiny_disk.rglob("*") if path.is_file() and path.name not in ("filling", "lock")] == []
    filling.unlink()
    opened(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PULUMI_CONFIG_PASSPHRASE", "own"), ("PULUMI_CONFIG_PASSPHRASE_FILE", "/run/secret")],
)
def test_an_own_passphrase_is_respected(
    settings: EngineSettings, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in settings.environment()
    assert not (settings.state_dir / "passphrase").exists()
    assert os.environ[name] == value


def test_a_shared_backend_is_respected(settings: EngineSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    assert settings.environment()["PULUMI_BACKEND_URL"] == "s3://states"


def test_the_official_plugin_is_used_when_it_is_installed(
    settings: EngineSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "own" / "plugins" / "resource-kubernetes-v4.34.2").mkdir(parents=True)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "own"))
    assert settings.environment()["PULUMI_HOME"] == str(tmp_path / "own")
    assert "plugins" not in yaml.safe_load((opened(settings) / "Pulumi.yaml").read_text())
