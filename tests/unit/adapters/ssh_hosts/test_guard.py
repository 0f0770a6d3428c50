"""The guard's verbs on a host in a folder, with programs in memory."""

import json
import os
from pathlib import Path

import pytest

from ndcops.adapters.ssh_hosts.on_host import guard, packages, restore, space
from ndcops.adapters.ssh_hosts.on_host.guard import Guard, call
from ndcops.adapters.ssh_hosts.on_host.host import Host
from tests.fakes.host_programs import FakePrograms, small_host


class Guarded:
    """A small host, its programs and its guard."""

    def __init__(self, root: Path) -> None:
        self.root = small_host(root)
        self.programs = FakePrograms()
        self.guard = Guard(Host(root, self.programs, sync=lambda: None))

    def call(self, *arguments: str) -> tuple[int, dict]:
        return call(self.guard, list(arguments))

    def armed(self) -> "Guarded":
        assert self.call("snapshot", "r1")[0] == 0
        assert self.call("arm", "r1", "25")[0] == 0
        return self


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    # As often as it is asked, without the pauses: 7.5 s before it gives up.
    monkeypatch.setattr(guard, "_ASKED_AGAIN_S", (0.0,) * len(guard._ASKED_AGAIN_S))
    return Guarded(tmp_path)


def test_a_snapshot_leaves_etc_untouched_and_is_private(host: Guarded) -> None:
    before = (host.root / "etc").stat().st_mtime_ns
    code, said = host.call("snapshot", "r1")
    assert (code, said["kept"]) == (0, False)
    assert (host.root / "etc").stat().st_mtime_ns == before
    folder = host.root / "var/lib/ndcops/guard/r1"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (folder / "contents").iterdir()} == {0o600}
    assert host.call("compare", "r1") == (0, {"ok": True, "differences": []})


def test_everything_comes_back(host: Guarded) -> None:
    host.programs.packages["telnet"] = "1"
    host.programs.tables["inet base"] = "table inet base {\n}\n"
    host.armed()
    (host.root / "etc/ssh/sshd_config").write_text("Bogus\n")
    (host.root / "home/operator/.ssh/authorized_keys").unlink()
    (host.root / "proc/sys/net/ipv4/ip_forward").write_text("1\n")
    (host.root / "run/faillock").mkdir()
    (host.root / "run/faillock/operator").write_text("tally")
    host.programs.packages |= {"ufw": "1", "auditd": "2"}
    del host.programs.packages["telnet"]
    host.programs.reachable["telnet"] = "1"
    host.programs.tables = {"inet drop": "table inet drop {\n policy drop\n}\n"}
    assert {one["part"] for one in host.call("compare", "r1")[1]["differences"]} == {
        "files", "firewall", "kernel", "packages"
    }  # fmt: skip
    code, said = host.call("restore", "r1")
    assert (code, said["failed"]) == (0, {})
    assert host.call("compare", "r1")[1]["differences"] == []
    assert list((host.root / "run/faillock").iterdir()) == []
    assert host.programs.packages == {"base-files": "13", "sudo": "1.9", "telnet": "1"}
    assert ("systemctl", "restart", "ssh.service") in host.programs.calls
    assert host.programs.timer == "inactive"


def test_the_way_in_comes_before_packages(host: Guarded) -> None:
    host.armed()
    host.programs.packages["ufw"] = "1"
    (host.root / "etc/ssh/sshd_config").write_text("Bogus\n")
    host.programs.calls.clear()
    host.call("restore", "r1")
    order = [argv[:2] for argv in host.programs.calls]
    assert order.index(("systemctl", "restart")) < order.index(("dpkg", "--purge"))


def test_each_part_runs_although_another_fails(host: Guarded) -> None:
    host.armed()
    host.programs.packages["ufw"] = "1"
    host.programs.failing = {"dpkg", "mount"}
    (host.root / "etc/motd").unlink()
    (host.root / "proc/sys/net/ipv4/ip_forward").write_text("1\n")
    code, said = host.call("restore", "r1")
    assert (code, said["failed"]) == (
        0, {"packages": ["packages added: dpkg fails", "package ufw: still there"]}
    )  # fmt: skip
    assert os.readlink(host.root / "etc/motd") == "/run//motd"  # noqa: PTH115
    assert (host.root / "proc/sys/net/ipv4/ip_forward").read_text() == "0\n"


def test_a_door_that_stays_shut_is_said_and_the_host_stays_armed(host: Guarded) -> None:
    host.armed()
    host.programs.failing = {"systemctl restart"}
    code, said = host.call("restore", "r1")
    assert (code, said["failed"]["door"]) == (1, ["ssh.service: systemctl fails"])
    assert host.call("list")[1]["armed"] == {"run": "r1", "seconds": 25}


def test_packages_that_dpkg_was_ended_in_the_middle_of_are_put_in_order(host: Guarded) -> None:
    host.armed()
    host.programs.packages["auditd"] = "2"
    host.programs.half = {"auditd", "sudo"}
    assert host.call("restore", "r1")[1]["failed"] == {}
    assert host.programs.packages == {"base-files": "13", "sudo": "1.9"}
    assert not host.programs.half


def test_a_package_that_stays_half_installed_is_said(host: Guarded) -> None:
    host.armed()
    host.programs.half, host.programs.failing = {"sudo"}, {"dpkg --configure"}
    left = host.call("restore", "r1")[1]["failed"]["packages"]
    assert left[0] == "unfinished packages: dpkg fails"
    assert left[-1] == "package sudo: half installed"


def test_the_lock_of_another_dpkg_is_waited_for(host: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_POLL_S", 0.0)
    host.armed()
    host.programs.packages["ufw"], host.programs.locked_calls = "1", 3
    assert host.call("restore", "r1")[1]["failed"] == {}
    assert "ufw" not in host.programs.packages


def test_a_removed_package_that_no_mirror_has_is_said(host: Guarded) -> None:
    host.armed()
    del host.programs.packages["sudo"]
    assert host.call("restore", "r1")[1]["failed"] == {
        "packages": ["removed package sudo=1.9 is not back: E: Unable to fetch some archives"]
    }


def test_a_host_without_nft_is_guarded_all_the_same(host: Guarded) -> None:
    host.programs.missing = {"nft"}
    host.armed()
    assert host.call("restore", "r1")[0] == 0


def test_time_that_ran_out_puts_the_host_back_and_a_late_beat_is_refused(host: Guarded) -> None:
    host.armed()
    (host.root / "etc/passwd").unlink()
    (host.root / "run/ndcops-guard.beat").unlink()  # as after a reboot
    assert host.call("expire")[1]["expired"] is True
    assert (host.root / "etc/passwd").exists()
    code, said = host.call("beat", "r1", "25")
    assert (code, said["refused"]) == (3, "run r1 is not armed: its time ran out and the host went back")
    assert host.call("disarm", "r1")[0] == 3
    assert host.call("expire")[1]["expired"] is False


def test_a_host_started_anew_while_armed_takes_no_beat_until_it_went_back(host: Guarded) -> None:
    host.armed()
    (host.root / "run/ndcops-guard.beat").unlink()  # /run is empty after a start
    for words in (("beat", "r1", "25"), ("disarm", "r1")):
        code, said = host.call(*words)
        assert (code, said["refused"]) == (3, "the host was started anew in the middle of run r1: it goes back")
    assert host.call("restore", "r1")[0] == 0
    assert host.call("arm", "r1", "25")[0] == 0
    assert host.call("beat", "r1", "25")[0] == 0


def test_a_beat_at_the_last_moment_wins(host: Guarded) -> None:
    host.armed()
    assert host.call("beat", "r1", "25")[0] == 0
    assert host.call("expire")[1]["expired"] is False
    assert host.call("list")[1]["armed"]["run"] == "r1"


def test_a_confirmed_run_keeps_its_snapshot_for_a_rollback(host: Guarded) -> None:
    host.armed()
    (host.root / "etc/ssh/sshd_config").write_text("Port 22\nX11Forwarding no\n")
    assert host.call("disarm", "r1")[0] == 0
    assert host.call("snapshot", "r1")[1]["kept"] is True
    assert host.call("restore", "r1")[0] == 0
    assert (host.root / "etc/ssh/sshd_config").read_text() == "Port 22\n"
    assert host.call("snapshot", "r1")[1]["kept"] is False


def test_one_run_at_a_time(host: Guarded) -> None:
    host.armed()
    assert host.call("snapshot", "r2")[1]["refused"] == "run r1 is armed; restore it or let its time run out"
    assert host.call("arm", "r2", "25")[1]["refused"] == "there is no snapshot of run r2"


def test_the_reserve_is_kept_while_armed_and_given_back(host: Guarded) -> None:
    host.armed()
    reserve = host.root / "var/lib/ndcops/guard/.reserve"
    assert reserve.stat().st_size > 4 << 20
    host.call("disarm", "r1")
    assert not reserve.exists()
    assert not reserve.with_name(".reserve.inodes").exists()


def test_a_beat_outlasts_a_systemd_that_is_executed_anew(host: Guarded) -> None:
    host.armed()
    host.programs.cut_off_calls = 2
    assert host.call("beat", "r1", "25")[0] == 0
    assert host.programs.timer == "active"


def test_a_timer_that_does_not_run_refuses_before_anything(host: Guarded) -> None:
    host.call("snapshot", "r1")
    host.programs.failing = {"systemctl"}
    assert host.call("arm", "r1", "25") == (3, {"ok": False, "refused": "the timer does not run: systemctl fails"})
    assert host.call("list")[1]["armed"] is None
    assert not (host.root / "var/lib/ndcops/guard/.reserve").exists()


@pytest.mark.parametrize(
    ("free", "files", "message"),
    [(1 << 20, 10**6, "1 MiB are free"), (1 << 30, 5, "5 inodes are free")],
)
def test_a_full_disk_refuses_the_snapshot(
    host: Guarded, monkeypatch: pytest.MonkeyPatch, free: int, files: int, message: str
) -> None:
    class Status:
        f_bavail, f_frsize, f_files, f_favail, f_flag = free // 4096, 4096, 10**6, files, 0

    monkeypatch.setattr(space.os, "statvfs", lambda _: Status)
    code, said = host.call("snapshot", "r1")
    assert code == 3
    assert message in said["refused"]
    assert host.call("list")[1]["runs"] == []


def test_a_read_only_etc_refuses_the_snapshot(host: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space.os, "access", lambda path, mode: not str(path).endswith("/etc"))
    assert host.call("snapshot", "r1")[1]["refused"] == "/etc cannot be written: it is read-only"


@pytest.mark.parametrize(
    "arguments",
    [(), ("fly",), ("arm", "r1"), ("arm", "r1", "0"), ("arm", "r1", "-5"), ("arm", "r1", "x"), ("list", "r")],
)
def test_what_is_no_call_is_refused(host: Guarded, arguments: tuple[str, ...]) -> None:
    code, said = host.call(*arguments)
    assert code == 2
    assert said["refused"].startswith("usage: guard snapshot|arm")


@pytest.mark.parametrize("run", ["../x", "", "a/b", "armed", "x" * 65, ".hidden"])
def test_a_name_that_would_leave_the_folder_is_refused(host: Guarded, run: str) -> None:
    assert host.call("snapshot", run)[0] == 3


def test_a_damaged_snapshot_is_refused(host: Guarded) -> None:
    host.call("snapshot", "r1")
    (host.root / "var/lib/ndcops/guard/r1/manifest.json").write_text(json.dumps({"entries": {}})[:-3])
    assert "damaged" in host.call("restore", "r1")[1]["refused"]


def test_old_snapshots_go(host: Guarded) -> None:
    for number in range(23):
        host.call("snapshot", f"r{number:02d}")
    assert len(host.call("list")[1]["runs"]) == 20


def test_the_network_comes_back_before_the_firewall(host: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[str] = []
    for part in ("network", "firewall"):
        monkeypatch.setattr(restore, f"restore_{part}", lambda *_, part=part: parts.append(part) or [])
    host.armed()
    host.call("restore", "r1")
    assert parts == ["network", "firewall"] * 2


def test_a_snapshot_of_an_older_guard_says_nothing_of_the_network(host: Guarded) -> None:
    host.armed()
    manifest = host.root / "var/lib/ndcops/guard/r1/manifest.json"
    document = json.loads(manifest.read_text())
    del document["live"]["network"]
    manifest.write_text(json.dumps(document))
    assert host.call("compare", "r1")[1]["differences"] == []
    assert host.call("restore", "r1")[0] == 0


def test_a_door_that_was_opened_is_not_restarted_for_nothing(host: Guarded) -> None:
    host.programs.active = {"ssh.service"}
    host.armed()
    (host.root / "etc/ssh/sshd_config").write_text("Bogus\n")
    host.call("restore", "r1")
    assert host.programs.calls.count(("systemctl", "restart", "ssh.service")) == 1


def test_a_door_that_fell_shut_meanwhile_is_opened_again(host: Guarded) -> None:
    host.armed()
    host.call("restore", "r1")
    assert host.programs.calls.count(("systemctl", "restart", "ssh.service")) == 2
