"""The private folder of a run, its inventory and Ansible's environment."""

import shlex
import signal
import stat
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from ndcops.adapters.ansible_playbooks.run_folder import RunFolder, environment, run_folder
from ndcops.adapters.ansible_playbooks.settings import PlaybookSettings
from ndcops.adapters.ansible_playbooks.task_list import parse
from ndcops.model.errors import NdcopsError
from ndcops.model.hardening import HostTarget
from ndcops.model.host import Host, HostRole

TARGET = HostTarget(
    host=Host(name="ndc1-bastion-1", site="ndc1", role=HostRole.BASTION, address="198.18.1.2"), user="operator"
)


def settings(root: Path, *, identity: Path | None = None) -> PlaybookSettings:
    return PlaybookSettings(
        playbooks=Path("playbooks"),
        known_hosts=root / "with space" / "known_hosts",
        identity=identity,
        sudo_password=lambda: "SECRET",
        state=root,
    )


def test_the_folder_is_private_and_goes(tmp_path: Path) -> None:
    variables = {"ndc1-bastion-1": {"access_operators": ["lan"], "ansible_host": "elsewhere"}}
    with run_folder(settings(tmp_path), [TARGET], variables) as folder:
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.inventory.stat().st_mode) == 0o600
        assert orjson.loads(folder.inventory.read_bytes())["all"]["hosts"]["ndc1-bastion-1"] == {
            "access_operators": ["lan"],
            "ndcops_role": "bastion",
            "ndcops_site": "ndc1",
            "ansible_host": "198.18.1.2",
            "ansible_port": 22,
            "ansible_user": "operator",
        }
    assert not folder.path.exists()
    assert not folder.sockets.exists()


def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    left = tmp_path / "run-killed"
    left.mkdir()
    with run_folder(settings(tmp_path), [TARGET], {}) as first, run_folder(settings(tmp_path), [TARGET], {}):
        assert first.path.exists()
        assert not left.exists()


def test_a_state_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(NdcopsError, match="cannot write"), run_folder(settings(tmp_path / "gone"), [TARGET], {}):
        pytest.fail("the run went on")


def test_only_known_hosts_are_entered_and_no_password_is_handed_on(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, tmp_path / "cp")
    chosen = environment(settings(tmp_path), folder)
    words = shlex.split(chosen["ANSIBLE_SSH_ARGS"])
    assert f'UserKnownHostsFile="{tmp_path}/with space/known_hosts"' in words
    assert {"StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null"} <= set(words)
    assert chosen["ANSIBLE_HOST_KEY_CHECKING"] == "True"
    assert "SECRET" not in repr(chosen)
    assert "ANSIBLE_PRIVATE_KEY_FILE" not in chosen
    keyed = environment(settings(tmp_path, identity=tmp_path / "operator"), folder)
    assert keyed["ANSIBLE_PRIVATE_KEY_FILE"] == str(tmp_path / "operator")
    assert "IdentitiesOnly=yes" in keyed["ANSIBLE_SSH_ARGS"]


def test_the_list_of_tasks() -> None:
    output = (
        "\nplaybook: harden.yml\n\n  play #1 (all): Harden hosts\tTAGS: []\n    tasks:\n"
        "      FACTS | The roles know the release\tTAGS: [always]\n"
        "      base : base-quiet | Services stay quiet\tTAGS: [base-quiet]\n"
        "      base : No tags\tTAGS: []\n"
    )
    assert parse(output) == [["always"], ["base-quiet"], []]


def test_a_process_that_a_stopped_run_left_is_ended(tmp_path: Path) -> None:
    with run_folder(settings(tmp_path), [TARGET], {}) as folder:
        argv = [sys.executable, "-c", "import time; time.sleep(60)", "-i", str(folder.inventory)]
        left = subprocess.Popen(argv, start_new_session=True)
        other = subprocess.Popen([*argv[:3], "-i", f"{folder.inventory}.other"], start_new_session=True)
    try:
        assert left.wait(timeout=5) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
