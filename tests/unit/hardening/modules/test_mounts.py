"""The module `mounts`: fstab, drop-ins and live mounts, on files of a folder."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.hardening.modules.harness import load

ALL = ["nodev", "nosuid", "noexec"]


class FakePrograms:
    """`mount` that remounts in a table, and `systemctl daemon-reload`."""

    def __init__(self, table: Path, code: int = 0) -> None:
        self.table, self.code, self.commands = table, code, list[tuple[str, ...]]()

    def run(self, *command: str) -> Any:
        self.commands.append(command)
        if command[0] == "mount" and self.code == 0 and command[2].startswith("bind,"):
            options = command[2].removeprefix("bind,")
            with self.table.open("a") as table:
                table.write(f"30 22 0:20 {command[3]} {command[4]} {options} - overlay overlay rw\n")
        elif command[0] == "mount" and self.code == 0:
            options = ",".join(command[2].split(",")[2:])
            rows = [line.split() for line in self.table.read_text().splitlines()]
            rows = [
                [*row[:5], options, *row[6:]] if row[4] == command[3].replace(" ", r"\040") else row
                for row in rows
            ]
            self.table.write_text("".join(" ".join(row) + "\n" for row in rows))
        return load("programs", "module_utils").Answer(self.code, "", "mount: permission denied")

    def must(self, *command: str) -> str:
        self.commands.append(command)
        return ""


class Host:
    """A folder with the files that the module reads."""

    def __init__(self, root: Path, fstab: str = "", code: int = 0) -> None:
        (root / "shipped").mkdir()
        (root / "fstab").write_text(fstab)
        (root / "shipped/tmp.mount").write_text("[Mount]\nWhat=tmpfs\nOptions=mode=1777,nosuid,size=50%%\n")
        (root / "mountinfo").write_text(
            "22 1 0:20 / / rw,relatime - overlay overlay rw\n"
            "23 22 0:21 / /tmp rw,nosuid - tmpfs tmpfs rw\n"
            "24 22 0:22 / /srv/a\\040b rw - tmpfs tmpfs rw\n"
        )
        self.root, self.programs = root, FakePrograms(root / "mountinfo", code)
        self.place = load("mounts").Place(
            str(root / "mountinfo"), str(root / "fstab"), (str(root / "shipped"),), str(root / "own")
        )

    def work(
        self, path: str, *, fstab: str | None = None, check: bool = False, options: Any = None, bind: bool = False
    ) -> Any:
        outcome = load("outcome", "module_utils").Outcome()
        params = {"mounts": [{"path": path, "options": options or ALL, "fstab": fstab, "bind": bind}]}
        load("mounts").work(params, outcome, check=check, programs=self.programs, place=self.place)
        return outcome

    def settles(self, path: str, **more: Any) -> list[Any]:
        predicted = self.work(path, check=True, **more)
        assert not self.programs.commands
        made = self.work(path, **more)
        assert predicted.items == made.items
        assert not self.work(path, **more).items
        items: list[Any] = made.items
        return items


def test_a_unit_that_systemd_ships_gets_a_drop_in(tmp_path: Path) -> None:
    items = Host(tmp_path).settles("/tmp")
    assert [item["after"] for item in items][1:] == ["rw,nosuid,nodev,noexec"]
    text = (tmp_path / "own/tmp.mount.d/50-ndcops.conf").read_text()
    assert text.endswith("[Mount]\nOptions=mode=1777,nosuid,size=50%%,nodev,noexec\n")


def test_a_line_of_fstab_gets_the_options_and_loses_their_opposites(tmp_path: Path) -> None:
    fstab = "# tmp\nUUID=1 / ext4 defaults 0 1\ntmpfs /tmp tmpfs rw,exec,size=1g 0 0\n"
    Host(tmp_path, fstab).settles("/tmp")
    assert (tmp_path / "fstab").read_text().splitlines() == [
        "# tmp",
        "UUID=1 / ext4 defaults 0 1",
        "tmpfs\t/tmp\ttmpfs\trw,size=1g,nodev,nosuid,noexec\t0\t0",
    ]
    assert not (tmp_path / "own").exists()


def test_a_given_line_is_appended(tmp_path: Path) -> None:
    Host(tmp_path).settles("/srv/a b", fstab="tmpfs /srv/a\\040b tmpfs nodev,nosuid,noexec 0 0")
    assert (tmp_path / "fstab").read_text() == "tmpfs /srv/a\\040b tmpfs nodev,nosuid,noexec 0 0\n"


@pytest.mark.parametrize("path", ["/home", "/srv/a b", "/"])
def test_what_nothing_mounts_is_left_out(path: str, tmp_path: Path) -> None:
    outcome = Host(tmp_path).work(path)
    assert not outcome.items
    assert [entry["subject"] for entry in outcome.skipped] == [path]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A folder that is there, on the file system of everything else."""
    (tmp_path / "data").mkdir()
    return str(tmp_path / "data")


def test_a_folder_without_a_file_system_is_bound_onto_itself(tmp_path: Path, folder: str) -> None:
    host = Host(tmp_path)
    items = host.settles(folder, bind=True)
    assert [item["after"] for item in items][1:] == ["bind,nodev,nosuid,noexec"]
    assert (tmp_path / "fstab").read_text() == f"{folder} {folder} none bind,nodev,nosuid,noexec 0 0\n"
    assert ("mount", "-o", "bind,nodev,nosuid,noexec", folder, folder) in host.programs.commands


def test_a_bound_folder_that_lost_its_line_or_its_mount_gets_it_back(tmp_path: Path, folder: str) -> None:
    host = Host(tmp_path)
    host.work(folder, bind=True)
    line = (tmp_path / "fstab").read_text()
    (tmp_path / "fstab").write_text("")
    host.programs.commands.clear()
    assert len(host.settles(folder, bind=True)) == 1
    assert (tmp_path / "fstab").read_text() == line
    rows = (tmp_path / "mountinfo").read_text().splitlines(keepends=True)
    (tmp_path / "mountinfo").write_text("".join(row for row in rows if folder not in row))
    host.programs.commands.clear()
    assert [item["subject"] for item in host.settles(folder, bind=True)] == [folder]


def test_a_folder_that_is_not_there_is_not_bound(tmp_path: Path) -> None:
    assert not Host(tmp_path).work("/srv/nothing", bind=True).items


def test_a_live_mount_that_refuses_is_reported(tmp_path: Path) -> None:
    outcome = Host(tmp_path, code=32).work("/tmp")
    assert [entry["subject"] for entry in outcome.unsettable] == ["/tmp"]
    assert len(outcome.items) == 1


def test_bad_options(tmp_path: Path) -> None:
    with pytest.raises(load("outcome", "module_utils").Impossible, match="options are among"):
        Host(tmp_path).work("/tmp", options=["ro"])
