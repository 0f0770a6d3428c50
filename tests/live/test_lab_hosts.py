"""Real hosts: reached by the system's ssh with strict host keys, killed, booted again, and gone without trace."""

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.hosts.image import ensure_image, image_folder
from ndcops.lab.hosts.layout import Release, hosts_mark
from ndcops.lab.hosts.mirror import DebianMirror
from ndcops.lab.hosts.siem import COLLECTED
from ndcops.lab.hosts.status import LabHostsStatus
from ndcops.lab.processes import find_marked
from ndcops.model.errors import NdcopsError
from ndcops.wiring.lab_hosts import (
    host_boot,
    host_kill,
    hosts_down,
    hosts_status,
    hosts_up,
    run_inside,
)
from tests.live.host_logins import HostOperator
from tests.live.syslog_senders import collector, framed, turned_away
from tests.live.waiting import wait_until

pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may boot machines"),
]

BASTION, DATABASE, SIEM = "ndc1-bastion-1", "ndc1-database-1", "ndc1-siem-1"
ANYWHERE = Path("/sys/class/net"), Path("/run/systemd/nspawn"), Path("/run/systemd/nspawn/propagate")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHostsStatus]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NDCOPS_STATE_DIR", str(tmp_path_factory.mktemp("hosts-state")))
        try:
            yield hosts_up(3)
        finally:
            hosts_down()


@pytest.fixture(scope="module")
def operator(found: LabHostsStatus) -> HostOperator:
    return HostOperator(found)


def inside(host: str, *argv: str) -> str:
    done = run_inside(host, argv)
    assert done.exit_code == 0, done.stderr
    return done.stdout.strip()


def test_every_host_takes_the_operators_key_under_its_own_host_key(
    found: LabHostsStatus, operator: HostOperator
) -> None:
    assert found.whole
    for host in found.everyone:
        done = operator.run(host.name, "hostname; cat /etc/machine-id")
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[0] == host.name
    assert len({operator.run(host.name, "cat /etc/machine-id").stdout for host in found.everyone}) == 4


def test_a_wrong_host_key_ends_the_login(found: LabHostsStatus, operator: HostOperator, tmp_path: Path) -> None:
    addresses = found.host(BASTION).address, found.host(DATABASE).address
    swapped = tmp_path / "known_hosts"
    lines = [line for line in found.known_hosts.read_text().splitlines() if line.startswith(addresses[1])]
    swapped.write_text("\n".join(lines).replace(addresses[1], addresses[0]) + "\n")
    done = operator.run(BASTION, "true", known_hosts=swapped)
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def test_sudo_asks_for_the_password_and_root_has_none(operator: HostOperator) -> None:
    assert "a password is required" in operator.run(BASTION, "sudo --non-interactive true").stderr
    assert operator.as_root(BASTION, "id -u").stdout.strip() == "0"
    wrong = operator.run(BASTION, "sudo --stdin --prompt= true", given="wrong\nwrong\nwrong\n")
    assert wrong.returncode != 0
    assert inside(BASTION, "passwd", "--status", "root").split()[1] == "L"


def test_apt_works_through_the_mirror_and_nothing_else_is_reached(
    found: LabHostsStatus, operator: HostOperator
) -> None:
    done = operator.as_root(BASTION, "apt-get -qq update && apt-get -qq install -y --no-install-recommends ed")
    assert done.returncode == 0, done.stderr
    assert operator.run(BASTION, "command -v ed").returncode == 0
    assert inside(BASTION, "ip", "-6", "route", "show", "default") == ""
    assert inside(BASTION, "ip", "route", "show", "default") == ""
    ask = "import urllib.request as u; print(u.urlopen('{}', timeout=20).status)"
    foreign = run_inside(BASTION, ("python3", "-c", ask.format("http://mirror:3142/pypi.test/simple/")))
    assert "HTTP Error 403" in foreign.stderr or "HTTP Error 404" in foreign.stderr
    # Even with a route of its own making: the bridge does not forward.
    bridge = f"ndc-{LabPaths(lab_folder()).lab_id}"
    assert Path(f"/proc/sys/net/ipv4/conf/{bridge}/forwarding").read_text().strip() == "0"


def test_hosts_reach_each_other_and_the_siem_by_name() -> None:
    probe = "import socket; print(socket.create_connection(('{}', {}), timeout=5).getpeername()[0])"
    assert inside(BASTION, "python3", "-c", probe.format(DATABASE, 22))
    assert inside(BASTION, "python3", "-c", probe.format("siem", 6514))


def test_the_siem_keeps_what_certified_senders_send_in_order_and_nothing_of_others(found: LabHostsStatus) -> None:
    stranger = ssl.create_default_context(cafile=str(found.pki / "ca.crt"))
    certified = ssl.create_default_context(cafile=str(found.pki / "ca.crt"))
    certified.load_cert_chain(found.pki / f"{BASTION}.crt", found.pki / f"{BASTION}.key")
    assert turned_away(found, stranger, "<134>1 - - - - - - stranger")
    with collector(found, certified) as connection:
        for number in range(500):
            connection.sendall(framed(f"<134>1 2026-01-01T00:00:00Z h app - - - event {number}"))
        connection.unwrap()

    def collected() -> list[str]:
        done = run_inside(SIEM, ("sh", "-c", f"cat {COLLECTED}/*.log"))
        return [line for line in done.stdout.splitlines() if " app " in line or "stranger" in line]

    wait_until(lambda: len(collected()) >= 500, "500 events collected")
    assert [line.rpartition(" ")[2] for line in collected()] == [str(number) for number in range(500)]


def test_a_killed_host_boots_again_with_its_disk(found: LabHostsStatus, operator: HostOperator) -> None:
    before = hosts_status().host(DATABASE)
    identity = inside(DATABASE, "sh", "-c", "echo kept > /var/lib/kept; sync; cat /etc/machine-id")
    host_kill(DATABASE)
    dead = hosts_status()
    assert dead.host(DATABASE).state == "dead"
    assert not dead.whole
    with pytest.raises(NdcopsError, match="is off"):
        run_inside(DATABASE, ("true",))
    host_boot(DATABASE)
    assert hosts_status().whole
    assert hosts_status().host(DATABASE).leader_pid != before.leader_pid
    assert operator.run(DATABASE, "cat /var/lib/kept /etc/machine-id").stdout.split() == ["kept", identity]


def test_a_host_that_reboots_itself_comes_back_with_its_link(operator: HostOperator) -> None:
    before = hosts_status().host(BASTION).leader_pid
    run_inside(BASTION, ("systemctl", "reboot"))

    def back() -> bool:
        host = hosts_status().host(BASTION)
        return host.leader_pid not in (None, before) and host.state == "running"

    wait_until(back, "the host is back")
    assert operator.run(BASTION, "true").returncode == 0


def test_a_command_inside_is_ended_in_time() -> None:
    assert run_inside(BASTION, ("sleep", "600"), timeout_s=1).exit_code == 124
    assert "sleep" not in inside(BASTION, "ps", "-eo", "comm")


def test_a_second_up_starts_nothing_anew_and_a_larger_one_only_adds(found: LabHostsStatus) -> None:
    before = {host.name: host.leader_pid for host in hosts_status().everyone}
    larger = hosts_up(4)
    assert {host.name: host.leader_pid for host in larger.everyone if host.name in before} == before
    assert [host.name for host in larger.hosts if host.name not in before] == ["ndc2-general-1"]
    assert "ndc2-general-1" in inside(BASTION, "cat", "/etc/hosts")


def _traces(lab_id: str, folder: Path) -> dict[str, list[str]]:
    groups = [str(path) for path in Path("/sys/fs/cgroup").rglob(f"ndc-{lab_id}")]
    return {
        "processes": [each.role for each in find_marked(hosts_mark(lab_id))],
        "mounts": [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(folder) in line],
        "entries": [str(each) for place in ANYWHERE if place.is_dir() for each in place.glob(f"*{lab_id}*")],
        "groups": groups,
        "files": [str(each) for each in folder.glob("*")] if folder.exists() else [],
    }


NOTHING: dict[str, list[str]] = {"processes": [], "mounts": [], "entries": [], "groups": [], "files": []}


def test_down_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path / "state"))
    lab_id = LabPaths(lab_folder()).lab_id
    hosts_up(1)
    assert all(each for name, each in _traces(lab_id, tmp_path / "state").items()), (
        "the traces are looked for right"
    )
    assert not hosts_down().nothing_to_do
    assert _traces(lab_id, tmp_path / "state") == NOTHING
    assert hosts_down().nothing_to_do


def test_nothing_is_left_of_an_up_that_was_killed_while_hosts_booted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path / "state"))
    lab_id = LabPaths(lab_folder()).lab_id
    argv = [sys.executable, "-m", "ndcops", "lab", "hosts", "up", "--count", "2"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: len(find_marked(hosts_mark(lab_id))) >= 2, "a machine was started", 120)
        process.kill()
    hosts_down()
    assert _traces(lab_id, tmp_path / "state") == NOTHING


BUILD = """
import sys
from ndcops.lab.hosts.image import ensure_image
from ndcops.lab.hosts.layout import Release
from ndcops.lab.hosts.mirror import DebianMirror
mirror = DebianMirror("http://mirror.test/debian", "http://mirror.test/debian-security", is_snapshot=False)
ensure_image(Release.TRIXIE, ("systemd",), mirror, lambda phase, done, total: print(phase, flush=True))
"""


def test_a_killed_image_build_leaves_no_image_and_no_builder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDCOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    builder = tmp_path / "mmdebstrap"
    builder.write_text("#!/bin/sh\necho 'I: running apt-get update...'\nexec sleep 4242.25\n")
    builder.chmod(0o755)
    with subprocess.Popen([sys.executable, "-c", BUILD], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "running apt-get update"
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: not _runs("4242.25"), "the builder is gone", 10)
    mirror = DebianMirror("http://mirror.test/debian", "http://mirror.test/debian-security", is_snapshot=False)
    assert not image_folder(Release.TRIXIE, ("systemd",), mirror).exists()

    builder.write_text("#!/bin/sh\necho 'E: no such release'\nexit 25\n")
    with pytest.raises(NdcopsError, match="mmdebstrap ended with 25") as caught:
        ensure_image(Release.TRIXIE, ("systemd",), mirror, lambda phase, done, total: None)
    assert "E: no such release" in caught.value.details
    images = [path.name for path in (tmp_path / "cache/host-images").iterdir()]
    assert [name for name in images if not name.endswith(".lock")] == []


def _runs(argument: str) -> bool:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if argument.encode() in words:
                return True
    return False
