"""What may change on a hardened host by itself or by hand: seeded drifts over what the controls promise.

Candidates come from the evidence of the host's own hardening (what a control changed, it promises) and from a list
of live states, where a drift leaves no trace in any file.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ndcops.model.host import HostRole
from ndcops.model.record import Record

CHANGED = "control/changed"
UNITS = (".service", ".timer", ".socket", ".target")


@dataclass(frozen=True)
class Drift:
    """One change on a host. do, probe: shell; the probe says the same before the drift and after its repair."""

    host: str
    kind: str
    control: str
    subject: str
    do: str
    probe: str


def candidates(host: str, role: HostRole, evidence: Iterable[Record]) -> list[Drift]:
    """Every drift that a host of the role can have, in a fixed order."""
    found = [*_of_evidence(host, evidence), *_live(host, role)]
    return sorted(set(found), key=lambda each: (each.kind, each.control, each.subject, each.do))


def chosen(possible: Sequence[Drift], count: int, seed: random.Random) -> list[Drift]:
    """`count` drifts, of as many kinds as there are, never two of one control: each must be found by itself."""
    kinds: dict[str, list[Drift]] = {}
    for each in possible:
        kinds.setdefault(each.kind, []).append(each)
    order = sorted(kinds)
    seed.shuffle(order)
    picked: list[Drift] = []
    while len(picked) < count:
        before = len(picked)
        for kind in order:
            free = [one for one in kinds[kind] if one.control not in {each.control for each in picked}]
            if free and len(picked) < count:
                picked.append(seed.choice(free))
        if len(picked) == before:
            raise ValueError(f"only {before} drifts of different controls; expected {count}")
    # Packages first: apt makes those drifts, and cannot once its sources have drifted.
    return sorted(picked, key=lambda each: not each.kind.startswith("package"))


def _of_evidence(host: str, evidence: Iterable[Record]) -> Iterator[Drift]:
    records = [record for record in evidence if record.kind == CHANGED and record.body["host"] == host]
    written = {item["subject"] for record in records for item in record.body["items"]}
    for record in records:
        for item in record.body["items"]:
            control, subject, after = record.body["control"], item["subject"], item["after"]
            for kind, do, probe in _of_item(subject, after):
                if kind == "unit masked" and f"/etc/systemd/system/{subject}" in written:
                    continue  # systemd masks no unit whose own file stands there
                yield Drift(host, kind, control, subject, do, probe)


def _of_item(subject: str, after: str | None) -> Iterator[tuple[str, str, str]]:
    path, _, rest = subject.partition(" ")
    if path.startswith("/etc/") and path != "/etc/fstab":
        yield from _of_path(path, rest, after)
    elif path.endswith(UNITS) and not rest:
        yield from _of_unit(path, after or "")
    elif path.startswith("net.") and not rest:
        file = f"/proc/sys/{path.replace('.', '/')}"
        yield "sysctl live", f"echo $((1 - $(cat {file}))) >{file}", f"cat {file}"


def _of_path(path: str, rest: str, after: str | None) -> Iterator[tuple[str, str, str]]:
    probe = f"stat -c '%F %a %U %G %N' {path}; test -d {path} || sha256sum {path}"
    if rest == "mode":
        yield "mode", f"chmod o+rw {path}", probe
    elif rest and path.startswith(("/etc/login.defs", "/etc/default/useradd", "/etc/bash.bashrc")):
        yield "setting", f"sed -i -E '/^{rest}\\b/d' {path}", f"grep -E '^{rest}\\b' {path}"
    elif not rest and after is None:
        yield "stray file", f"echo stray >{path}", probe
    elif not rest and after == "state link":
        yield "link", f"rm {path}", probe
    elif not rest:
        yield "content", f"echo '# drift' >>{path}", probe
        yield "mode", f"chmod 0755 {path}", probe
        yield "owner", f"chown daemon:daemon {path}", probe
        yield "deletion", f"rm {path}", probe


def _of_unit(name: str, after: str) -> Iterator[tuple[str, str, str]]:
    probe = f"systemctl show --property=ActiveState,UnitFileState {name}"
    if "masked" in after:
        yield "unit unmasked", f"systemctl unmask {name}", probe
    elif "enabled" in after:
        yield "unit disabled", f"systemctl disable {name}", probe
        yield "unit masked", f"systemctl mask --now {name}", probe
    if after.endswith(", active"):
        yield "unit stopped", f"systemctl stop {name}", probe


_EVERYWHERE = (
    # A machine of the lab may not set its clock: chrony is enabled there and does not run.
    ("unit disabled", "time-sync", "chrony.service", "systemctl disable chrony", "systemctl is-enabled chrony"),
    ("unit masked", "services-cron", "cron.service", "systemctl mask --now cron", "systemctl is-active cron"),
    # With its socket: that alone would start it again at the next message, before anybody has looked.
    ("unit stopped", "log-forwarding", "rsyslog.service", "systemctl stop syslog.socket rsyslog.service",
     "systemctl is-active rsyslog"),
    ("unit disabled", "updates-security", "apt-daily.timer", "systemctl disable --now apt-daily.timer",
     "systemctl is-enabled apt-daily.timer"),
    ("mount option", "mount-options", "/dev/shm", "mount -o remount,exec /dev/shm",
     "findmnt -no OPTIONS /dev/shm | tr , '\\n' | sort"),
    # Without fstab's options, which would come with it and change more.
    ("mount option", "mount-options", "/tmp",
     "mount --options-source=disable -o remount,bind,suid,dev,noexec /tmp",
     "findmnt -no OPTIONS /tmp | tr , '\\n' | sort"),
    ("account", "account-ages", "maximum age",
     "sed -i -E 's/^(operator:[^:]*:[^:]*:[^:]*:)[0-9]+/\\199999/' /etc/shadow",
     "getent shadow operator"),
    ("account", "account-ages", "inactivity", "sed -i -E 's/^((operator:)([^:]*:){5})[0-9]+:/\\1:/' /etc/shadow",
     "getent shadow operator"),
    ("group", "su-restricted", "sugroup", "sed -i -E 's/^(sugroup:.*:)$/\\1operator/' /etc/group",
     "getent group sugroup"),
    ("mode", "file-modes", "/etc/shadow", "chmod 0644 /etc/shadow", "stat -c %a /etc/shadow"),
    ("mode", "file-modes", "/etc/passwd", "chmod 0666 /etc/passwd", "stat -c %a /etc/passwd"),
    ("package removed", "base-packages", "debsums", "dpkg --remove debsums",
     "dpkg-query -W -f '${Status}' debsums"),
    # No package with units: its own scripts enable them anew when it comes back.
    ("package removed", "base-packages", "needrestart", "dpkg --remove needrestart",
     "dpkg-query -W -f '${Status}' needrestart"),
    ("package added", "base-purge", "rsync",
     "DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends rsync",
     "dpkg-query -W -f '${Status}' rsync 2>/dev/null | grep -c ' installed'"),
    ("PAM", "password-history", "common-password", "sed -i '/pam_pwhistory/d' /etc/pam.d/common-password",
     "sha256sum /etc/pam.d/common-password"),
    ("PAM", "pam-no-empty", "common-auth", "sed -i 's/pam_unix.so/pam_unix.so nullok/' /etc/pam.d/common-auth",
     "sha256sum /etc/pam.d/common-auth"),
    ("PAM", "pam-lockout", "common-auth", "sed -i 's/pam_faillock.so authfail/& deny=100/' /etc/pam.d/common-auth",
     "sha256sum /etc/pam.d/common-auth"),
)  # fmt: skip
_FILTER = (
    "iptables-save -t filter | sed 's/ *\\[.*\\]//; /^#/d'; ip6tables-save -t filter | sed 's/ *\\[.*\\]//; /^#/d'"
)
_UFW = (
    "iptables -I INPUT -j ACCEPT",
    "ip6tables -I INPUT 1 -p tcp -j ACCEPT",
    "iptables -P INPUT ACCEPT; iptables -F; ip6tables -P INPUT ACCEPT; ip6tables -F",
    "nft flush ruleset",
    "iptables -I ufw-user-input 1 -p tcp --dport 8080 -j ACCEPT",
    "iptables -P FORWARD ACCEPT",
)
_NODE = (
    "nft delete table inet ndcops",
    "nft flush ruleset",
    "nft insert rule inet ndcops input accept",
    "nft insert rule inet ndcops input tcp dport 8080 accept",
    "nft 'add chain inet ndcops input { policy accept; }'",
)


def _live(host: str, role: HostRole) -> Iterator[Drift]:
    for kind, control, subject, do, probe in _EVERYWHERE:
        yield Drift(host, kind, control, subject, do, probe)
    node = role is HostRole.KUBERNETES_NODE
    control, probe = (
        ("firewall-node", "nft -s list table inet ndcops") if node else ("firewall-default-drop", _FILTER)
    )
    for do in _NODE if node else _UFW:
        yield Drift(host, "firewall live", control, "rules in the kernel", do, probe)


def kinds(found: Iterable[Drift]) -> Mapping[str, int]:
    """How many of each kind."""
    count: dict[str, int] = {}
    for each in found:
        count[each.kind] = count.get(each.kind, 0) + 1
    return dict(sorted(count.items()))
