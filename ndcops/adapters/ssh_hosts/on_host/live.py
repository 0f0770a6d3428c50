"""What is live on a host and in no file: firewall, kernel settings and mounts; read and put back.

Each part is a flat table of text by subject, so that all compare alike. Restoring returns what could not be done.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .host import Done, Host

Table = dict[str, str]

_DYNAMIC_RULE = re.compile(r"KUBE-|kube-proxy|cali|CILIUM|cilium|FLANNEL|flannel|DOCKER|CNI-", re.ASCII)
_COUNTERS = re.compile(r"counter packets \d+ bytes \d+")
_BY_IPTABLES = re.compile(r"xt (match|target)|managed by iptables")
_VOLATILE = re.compile(
    r"kernel/(random/|ns_last_pid|pty/|printk$|hostname|domainname|sched_domain|cad_pid|core_modes)"
    r"|fs/(dentry|inode|file-nr|quota|binfmt)|net/netfilter/nf_conntrack_(count|buckets)|/base_reachable_time$"
    r"|net/[^/]+/(neigh|conf)/(veth|cali|lxc|cni|tap|vif)|/retrans_time$|/stable_secret$|vm/(drop|compact|stat_ref)"
    r"|net/ipv[46]/route/flush"
)
_HARDENED_MOUNTS = (
    "/dev", "/tmp", "/var/tmp", "/dev/shm", "/home", "/var", "/var/log", "/var/log/audit", "/boot", "/srv",  # noqa: S108
)  # fmt: skip
_PLAIN_OPTIONS = ("ro", "rw", "nodev", "nosuid", "noexec")
_OPPOSITE = {"ro": "rw", "nodev": "dev", "nosuid": "suid", "noexec": "exec"}


def read_firewall(host: Host) -> Table:
    """Rules by nftables table; empty without nft, for then nothing of ours can have made any."""
    listed = host.run("nft", "list", "tables")
    names = [line.removeprefix("table ").strip() for line in listed.out.splitlines() if line.startswith("table ")]
    return {
        name: _COUNTERS.sub("counter", host.run("nft", "-s", "list", "table", *name.split()).out) for name in names
    }


def restore_firewall(host: Host, then: Table) -> list[str]:
    """Tables that differ are replaced, each in one transaction; rules that Kubernetes keeps itself are left."""
    problems = []
    now = read_firewall(host)
    for name in now.keys() - then.keys():
        done = host.run("nft", "delete", "table", *name.split())
        problems += [f"table {name}: {done.reason}"] if done.code else []
    for name, rules in then.items():
        if _steady(rules) == _steady(now.get(name, "")):
            continue
        if _BY_IPTABLES.search(rules):
            problems += _restore_iptables(host, name)
            continue
        script = f"add table {name}\ndelete table {name}\n{rules}"
        done = host.run("nft", "-f", "-", text=script)
        problems += [f"table {name}: {done.reason}"] if done.code else []
    return problems


def _steady(rules: str) -> list[str]:
    return [line.strip() for line in rules.splitlines() if not _DYNAMIC_RULE.search(line) and line.strip()]


def _restore_iptables(host: Host, name: str) -> list[str]:
    """Rules of iptables-nft, which `nft` shows but does not take back: the door is opened, their owner refills."""
    family, table = name.split()
    program = "ip6tables" if family == "ip6" else "iptables"
    problems = []
    if table == "filter":
        for chain in ("INPUT", "OUTPUT", "FORWARD"):
            done = host.run(program, "-P", chain, "ACCEPT")
            problems += [f"table {name}: {chain}: {done.reason}"] if done.code else []
        host.run(program, "-F", "INPUT")
    return [*problems, f"table {name}: opened; its own program (kube-proxy, ufw) must fill it again"]


def read_kernel(host: Host) -> Table:
    """Kernel settings that can be written here, without those that move by themselves."""
    return dict(_kernel_values(host))


def _kernel_values(host: Host) -> Iterator[tuple[str, str]]:
    base = host.path("/proc/sys")
    for folder, _, names in os.walk(base):
        for name in names:
            path = Path(folder, name)
            key = str(path.relative_to(base))
            with suppress(OSError, UnicodeDecodeError):
                if path.stat().st_mode & 0o200 and not _VOLATILE.search(key) and os.access(path, os.W_OK):
                    yield key, path.read_text().strip()


def restore_kernel(host: Host, then: Table) -> list[str]:
    """Write back what differs; ip_forward and `all` first, for they overwrite the settings of each interface."""
    problems: list[str] = []
    for _ in range(3):
        now = read_kernel(host)
        wrong = [key for key, value in then.items() if key in now and now[key] != value]
        problems = []
        for key in sorted(wrong, key=lambda key: ("ip_forward" not in key, "/all/" not in key, key)):
            try:
                host.path(f"/proc/sys/{key}").write_text(then[key] + "\n")
            except OSError as error:
                problems.append(f"{key}: {error.strerror}")
        if not wrong:
            break
    return problems


def read_mounts(host: Host) -> Table:
    """Options of the mounts that hardening may touch, and how /proc hides processes."""
    found = {}
    for line in host.path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        point, options = left.split()[4], left.split()[5].split(",")
        if point in _HARDENED_MOUNTS:
            found[point] = ",".join(option for option in options if option in _PLAIN_OPTIONS)
        elif point == "/proc":
            hidden = [option for option in right.split()[-1].split(",") if option.startswith("hidepid=")]
            found[point] = hidden[0] if hidden else "hidepid=off"
    return found


def restore_mounts(host: Host, then: Table) -> list[str]:
    """Remount with the options of before; what was no mount of its own is unmounted, the deepest first."""
    problems = []
    for point, options in sorted(read_mounts(host).items(), reverse=True):
        before = then.get(point)
        if before == options:
            continue
        if before is None:
            done = _unmount(host, point)
        elif point == "/proc":
            done = host.run("mount", "-o", f"remount,{before}", point)
        else:
            kept = before.split(",")
            loosened = [_OPPOSITE[one] for one in options.split(",") if one not in kept and one in _OPPOSITE]
            done = host.run("mount", "-o", ",".join(["remount", "bind", *kept, *loosened]), point)
        problems += [f"{point}: {done.reason}"] if done.code else []
    return problems


def _unmount(host: Host, point: str) -> Done:
    """A folder bound onto itself may be left while files are open on it: below lie the very same files."""
    rows = (line.split() for line in host.path("/proc/self/mountinfo").read_text().splitlines())
    is_bound = any(row[3] == row[4] == point for row in rows)
    return host.run("umount", *(["--lazy"] if is_bound else []), point)
