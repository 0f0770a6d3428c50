"""Thirty ways in which a change shuts a host's door, and the play that makes one of them in its middle."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ndcops.hardening.ports import OnTask, Variables
from ndcops.model.hardening import PlayResult
from ndcops.model.host import HostRole
from tests.bench.sandbox import BenchFailed

_SCRIPT_TIMEOUT_S = 60.0
_INSTALL_TIMEOUT_S = 400.0


class Killed(StrEnum):
    """What dies besides, once the fault is in."""

    NOTHING = "nothing"
    CONTROLLER = "controller"
    HOST = "host"
    BOTH = "controller and host"


@dataclass(frozen=True)
class Fault:
    """A script that root runs on the host while a play changes it. needs: packages that are there before."""

    name: str
    group: str
    script: str
    killed: Killed = Killed.NOTHING
    needs: str = ""


def _sshd(name: str, lines: str) -> Fault:
    """A drop-in of sshd that is in force at once."""
    script = f"echo '{lines}' > /etc/ssh/sshd_config.d/10-fault.conf; systemctl restart ssh || true"
    return Fault(name, "sshd", script)


def _pam(name: str, file: str, line: str) -> Fault:
    return Fault(name, "pam", f"sed -i '1i {line}' /etc/pam.d/{file}")


_BOGUS = "echo 'Bogus yes' >> /etc/ssh/sshd_config; systemctl restart ssh || true"
_DROP = "add table inet fault; add chain inet fault input { type filter hook input priority 0; policy drop; }"
_EXEC = "mkdir /etc/systemd/system/ssh.service.d; printf '[Service]\\nNoExecPaths=/usr/sbin/sshd\\n'"
_PEER = "$(ip -4 route show dev host0 | sed -n 's|^\\([0-9.]*\\)\\.0/24.*|\\1.1|p')"

FAULTS = (
    Fault("unknown keyword", "sshd", _BOGUS),
    Fault("stopped and masked", "sshd", "systemctl mask --now ssh"),
    _sshd("another port", "Port 2222"),
    _sshd("operator not allowed", "AllowUsers nobody"),
    Fault("no host keys", "sshd", "rm /etc/ssh/ssh_host_*; systemctl restart ssh || true"),
    Fault(
        "program may not be executed",
        "sshd",
        f"{_EXEC} > /etc/systemd/system/ssh.service.d/fault.conf; "
        "systemctl daemon-reload; systemctl restart ssh || true",
    ),
    _sshd("no sessions", "MaxSessions 0"),
    _pam("account denied to sshd", "sshd", "account required pam_deny.so"),
    _pam("all authentication denied", "common-auth", "auth requisite pam_deny.so"),
    _pam("every account denied", "common-account", "account requisite pam_deny.so"),
    _pam("missing module", "common-session", "session required pam_nowhere.so"),
    Fault("empty file", "pam", ": > /etc/pam.d/sudo; : > /etc/pam.d/common-account"),
    Fault("syntax error", "sudo", "echo '%sudo ALL=(ALL' > /etc/sudoers"),
    Fault("operator not in the group", "sudo", "gpasswd -d operator sudo"),
    Fault("root's password asked", "sudo", "printf 'Defaults targetpw, requiretty\\n' > /etc/sudoers.d/fault"),
    Fault("all input dropped", "firewall", f"nft '{_DROP}'"),
    Fault(
        "flushed with policy drop, for every boot",
        "firewall",
        f"printf 'flush ruleset\\n{_DROP}\\n' > /etc/nftables.conf; "
        "systemctl enable nftables; nft -f /etc/nftables.conf",
    ),
    Fault(
        "ufw enabled without a rule",
        "firewall",
        "ufw default deny incoming; ufw --force enable || true; ufw status | grep -q '^Status: active'",
        needs="ufw",
    ),
    Fault("emptied", "keys", ": > /home/operator/.ssh/authorized_keys"),
    Fault("home that anybody may write", "keys", "chmod 0777 /home/operator /home/operator/.ssh"),
    _sshd("looked for elsewhere", "AuthorizedKeysFile /etc/ssh/keys/%u"),
    Fault("expired", "account", "chage -E 1 operator"),
    Fault("no login shell", "account", "usermod -s /usr/sbin/nologin operator"),
    Fault("password must be changed", "account", "chage -d 0 operator"),
    Fault("not in shadow", "account", "sed -i '/^operator:/d' /etc/shadow"),
    Fault("address removed", "network", "ip address flush dev host0"),
    Fault("way back leads nowhere", "network", f"ip route add blackhole {_PEER}"),
    Fault("in the middle", "killed", "true", Killed.CONTROLLER),
    Fault("power cut with a broken sshd", "killed", _BOGUS, Killed.HOST),
    Fault(
        "both, with PAM and firewall shut",
        "killed",
        "sed -i '1i account requisite pam_deny.so' /etc/pam.d/common-account; "
        f"printf 'flush ruleset\\n{_DROP}\\n' > /etc/nftables.conf; systemctl enable nftables",
        Killed.BOTH,
    ),
)  # fmt: skip
"""Each in `group: name`; the figures are over all of them on every role."""

ROLES = (HostRole.KUBERNETES_NODE, HostRole.DATABASE_HOST, HostRole.BASTION)

_HALF_A_PLAY = """
mkdir -p /etc/half.d/deep; echo half > /etc/half.d/deep/file; ln -s ../half.d /etc/half.d/self
mkfifo /etc/half.d/pipe; ln /etc/half.d/deep/file /etc/half.d/twin
echo 'umask 077' >> /etc/profile; chmod 0700 /etc/security; chgrp daemon /etc/issue; rm -f /etc/motd
printf 'net.ipv4.conf.all.log_martians = 1\\n' > /etc/sysctl.d/90-half.conf
sysctl -q -w net.ipv4.conf.all.log_martians=1
systemctl disable --now apt-daily.timer fstrim.timer
ln -sfn /usr/share/zoneinfo/Asia/Ho_Chi_Minh /etc/localtime
useradd --system half
sync
"""
"""What a run has changed before its fault: files, folders, links, modes, owners, accounts, units."""


@dataclass(frozen=True)
class Trial:
    """One fault on one role. goes_on_s: how long the play would go on; delay_s: from the fault to the kill."""

    role: HostRole
    fault: Fault
    goes_on_s: float
    delay_s: float

    @property
    def name(self) -> str:
        """How figures and progress call the fault."""
        return f"{self.fault.group}: {self.fault.name}"


def trials(seed: int, role: HostRole) -> list[Trial]:
    """Every fault on a role, in the order and with the times of the seed."""
    chance = random.Random(f"{seed}/{role}")
    return [
        Trial(role, fault, chance.uniform(3, 35), chance.uniform(0, 3))
        for fault in chance.sample(FAULTS, len(FAULTS))
    ]


class FaultyPlay:
    """Stands where the playbooks do: half a play, one fault, and then on until it is over or called off."""

    def __init__(self, trial: Trial, on_injected: Callable[[float], None]) -> None:
        self._trial = trial
        self._on_injected = on_injected

    def check(
        self, hosts: Sequence[str], *, controls: Sequence[str] = (), variables: Variables, on_task: OnTask
    ) -> PlayResult:
        """Nothing is predicted of a fault."""
        del hosts, controls, variables, on_task
        return PlayResult()

    def apply(
        self,
        hosts: Sequence[str],
        *,
        controls: Sequence[str] = (),
        variables: Variables,
        on_task: OnTask,
        cancelled: Callable[[], bool],
    ) -> PlayResult:
        """Change, break, go on. `on_injected` gets the monotonic time at which the fault was in."""
        del controls, variables, on_task
        (host,) = hosts
        _inside(host, _HALF_A_PLAY)
        _inside(host, self._trial.fault.script)
        injected_at = time.monotonic()
        self._on_injected(injected_at)
        while not cancelled() and time.monotonic() < injected_at + self._trial.goes_on_s:
            time.sleep(0.2)
        return PlayResult()


def install(host: str, package: str) -> None:
    """Put a package on a host from the lab's mirror. Raises BenchFailed."""
    script = f"apt-get -q update; DEBIAN_FRONTEND=noninteractive apt-get install -q -y {package}"
    _inside(host, script, timeout_s=_INSTALL_TIMEOUT_S)


def _inside(host: str, script: str, timeout_s: float = _SCRIPT_TIMEOUT_S) -> None:
    """Past SSH, which the fault may have shut. Raises BenchFailed: a fault that is not in proves nothing."""
    from ndcops.wiring.lab_hosts import run_inside

    done = run_inside(host, ("sh", "-euc", script), timeout_s=timeout_s)
    if done.exit_code:
        said = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise BenchFailed(f"{host}: a fault's script ended with {done.exit_code}: {'; '.join(said)}")
