"""A real host: a door that is shut opens again by itself, byte for byte, also after a power cut."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paramiko import RSAKey

from ndcops.adapters.ssh_hosts import SshAccess, SshHosts
from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from tests.guarded_host import GuardedHost

pytestmark = [pytest.mark.live, pytest.mark.slow]

DEADLINE_S = 6
FAULTS = {
    "sshd": (
        "echo 'Bogus yes' >> /etc/ssh/sshd_config; echo 'AllowUsers nobody' > /etc/ssh/sshd_config.d/x.conf; "
        "rm /etc/ssh/ssh_host_*; systemctl restart ssh"
    ),
    "rights": (
        "sed -i '1i auth required pam_deny.so' /etc/pam.d/common-auth; "
        "chmod u-s /usr/bin/sudo; echo garbage > /etc/sudoers"
    ),
    "account": ("rm -rf /home/operator/.ssh; chmod 777 /home/operator; chage -E 1 operator; passwd -l operator"),
    "live": (
        "systemctl mask --now ssh; "
        "nft 'add table inet f; add chain inet f i { type filter hook input priority 0; policy drop; }'"
    ),
}
"""Each shuts the door in several ways at once; one by one they are in the benchmark of lock-outs."""
_DIGEST = (
    "find /etc /home/operator/.ssh -printf '%p %y %m %U %G %T@ %l\\n' | sort | sha256sum; "
    "find /etc -type f -exec sha256sum {} + | sort | sha256sum; nft list ruleset | sha256sum"
)


def wait_until_restored(host: GuardedHost, run: str, within_s: float = 60) -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < within_s:
        try:
            if any(one.run == run and one.restored and not one.armed for one in host.hosts.runs(host.target)):
                host.hosts.prove(host.target)
                return time.monotonic() - begun
        except NdcopsError:
            time.sleep(0.3)
    pytest.fail(f"the host is lost: {host.inside('systemctl status ndcops-guard.service ssh')}")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_shut_door_opens_again_by_itself(guarded_host: GuardedHost, fault: str) -> None:
    before = guarded_host.inside(_DIGEST)
    hosts, target = guarded_host.hosts, guarded_host.target
    hosts.install_guard(target)
    hosts.snapshot(target, "fault")
    assert guarded_host.inside(_DIGEST) == before
    hosts.arm(target, "fault", DEADLINE_S)
    guarded_host.inside(FAULTS[fault])
    with pytest.raises(NdcopsError):
        hosts.beat(target, "fault", DEADLINE_S)
    wait_until_restored(guarded_host, "fault")
    assert guarded_host.inside(_DIGEST) == before


def test_beats_hold_the_time_off_for_as_long_as_they_come(guarded_host: GuardedHost) -> None:
    hosts, target = guarded_host.hosts, guarded_host.target
    hosts.install_guard(target)
    hosts.snapshot(target, "beats")
    hosts.arm(target, "beats", DEADLINE_S)
    begun = time.monotonic()
    while time.monotonic() - begun < 1.5 * DEADLINE_S:
        hosts.beat(target, "beats", DEADLINE_S)
    hosts.disarm(target, "beats")
    assert guarded_host.inside("systemctl is-active ndcops-guard.timer").strip() == "inactive"
    assert not next(run for run in hosts.runs(target) if run.run == "beats").restored


def test_a_power_cut_while_armed_ends_as_before(guarded_host: GuardedHost) -> None:
    before = guarded_host.inside(_DIGEST)
    hosts, target = guarded_host.hosts, guarded_host.target
    hosts.install_guard(target)
    hosts.snapshot(target, "power")
    hosts.arm(target, "power", 8)
    guarded_host.inside("echo 'Bogus yes' >> /etc/ssh/sshd_config; sync")
    guarded_host.power_cut()
    wait_until_restored(guarded_host, "power", within_s=120)
    assert guarded_host.inside(_DIGEST) == before


_PACKAGES = "dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\\n'"
# As Ansible runs it: by a command line that carries its mark. What dpkg is in the middle of, its log says.
_INSTALLING = (
    "systemd-run --quiet sh -c ': ansible-tmp-1; apt-get update; apt-get install -y auditd rsyslog aide; true'"
)
_HALF = "grep -cE 'status (unpacked|half-installed|half-configured)' /var/log/dpkg.log"


def test_packages_that_are_just_being_installed_are_gone_afterwards(guarded_host: GuardedHost) -> None:
    hosts, target = guarded_host.hosts, guarded_host.target
    before = guarded_host.inside(_PACKAGES)
    hosts.install_guard(target)
    hosts.snapshot(target, "dpkg")
    guarded_host.inside(": > /var/log/dpkg.log")
    hosts.arm(target, "dpkg", 120)
    guarded_host.inside(_INSTALLING)
    deadline = time.monotonic() + 100
    while not int(guarded_host.inside(_HALF) or 0):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    result = hosts.restore(target, "dpkg")
    assert (result.ok, result.failed) == (True, {})
    assert guarded_host.inside("dpkg --audit") == ""
    assert guarded_host.inside(_PACKAGES) == before


def test_a_full_disk_refuses_the_snapshot_and_stands_no_restore_in_the_way(guarded_host: GuardedHost) -> None:
    hosts, target = guarded_host.hosts, guarded_host.target
    hosts.install_guard(target)
    guarded_host.inside("mkdir -p /var/lib/ndcops/guard; mount -t tmpfs -o size=3m t /var/lib/ndcops/guard")
    try:
        with pytest.raises(Refused, match="MiB are free, a snapshot needs"):
            hosts.snapshot(target, "full")
    finally:
        guarded_host.inside("umount /var/lib/ndcops/guard")


def test_wrong_keys_passwords_and_addresses_say_what_to_do(guarded_host: GuardedHost, tmp_path: Path) -> None:
    access, target = guarded_host.access, guarded_host.target
    strange = RSAKey.generate(2048)
    (tmp_path / "wrong").write_text(f"{target.host.address} {strange.get_name()} {strange.get_base64()}\n")
    (tmp_path / "none").touch()

    def hosts(**changes: object) -> SshHosts:
        fields = {**vars(access), "timeout_s": 3.0, **changes}
        return SshHosts(SshAccess(**fields), now=lambda: datetime.now(UTC))

    with pytest.raises(Refused, match="shows another host key") as caught:
        hosts(known_hosts=tmp_path / "wrong").prove(target)
    assert "ssh-keygen -lf" in caught.value.resolution
    with pytest.raises(Refused, match="is not in"):
        hosts(known_hosts=tmp_path / "none").prove(target)
    with pytest.raises(InvalidInput, match="cannot be read"):
        hosts(known_hosts=tmp_path / "gone").prove(target)
    with pytest.raises(InvalidInput, match="sudo does not take the password"):
        hosts(sudo_password=lambda: "wrong").prove(target)
    strange.write_private_key_file(str(tmp_path / "key"))
    with pytest.raises(NdcopsError, match="does not let user 'operator' in"):
        hosts(identity=tmp_path / "key").prove(target)
    closed = target.model_copy(update={"host": target.host.model_copy(update={"ssh_port": 9})})
    with pytest.raises(NdcopsError, match=r"port 9\) cannot be reached"):
        hosts().prove(closed)


def test_input_reaches_the_command_and_the_password_does_not(guarded_host: GuardedHost) -> None:
    text = "line\n" * 20_000
    result = guarded_host.hosts.run_command(guarded_host.target, ["cat"], sudo=True, text=text.encode())
    assert (result.code, result.output) == (0, text)
    assert guarded_host.hosts.run_command(guarded_host.target, ["sh", "-c", "exit 7"]).code == 7
