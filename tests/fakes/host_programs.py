"""A host's programs in memory, for the guard: dpkg, nft and systemctl, as far as it calls them."""

from dataclasses import dataclass, field
from pathlib import Path

from ndcops.adapters.ssh_hosts.on_host.host import QUICK_S, Done, Runner


@dataclass
class FakePrograms(Runner):
    """Remembers every call; `missing` are programs that are not installed, `failing` those that end with 1."""

    packages: dict[str, str] = field(default_factory=lambda: {"base-files": "13", "sudo": "1.9"})
    tables: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=lambda: {"ssh.service": "running"})
    half: set[str] = field(default_factory=set)
    """Packages that dpkg was ended in the middle of."""
    locked_calls: int = 0
    """How many times dpkg still finds its lock taken."""
    cut_off_calls: int = 0
    """How many times systemd, which is just being executed anew, still drops who asks it."""
    reachable: dict[str, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    timer: str = "inactive"
    active: set[str] = field(default_factory=set)

    def __call__(self, *argv: str, text: str = "", timeout_s: int = QUICK_S) -> Done:
        self.calls.append(argv)
        if argv[0] in self.missing:
            return Done(127, "", f"{argv[0]} is not installed")
        if argv[0] in self.failing or argv[:2] in {tuple(one.split()) for one in self.failing}:
            return Done(1, "", f"{argv[0]} fails")
        handler = getattr(self, f"_{argv[0].replace('-', '_')}", None)
        return handler(argv, text) if handler else Done(0, "", "")

    def _dpkg_query(self, argv: tuple[str, ...], text: str) -> Done:
        with_version = "Version" in argv[2]
        states = {name: "half-installed" if name in self.half else "installed" for name in self.packages}
        lines = [f"{states[n]}\t{n}" + (f"\t{v}" if with_version else "") for n, v in self.packages.items()]
        return Done(0, "".join(line + "\n" for line in lines), "")

    def _dpkg(self, argv: tuple[str, ...], text: str) -> Done:
        if argv[1] == "--audit":
            return Done(0, "".join(f" {name}\n" for name in sorted(self.half)), "")
        if self.locked_calls:
            self.locked_calls -= 1
            return Done(2, "", "dpkg: error: dpkg frontend lock was locked by another process with pid 7")
        named = {word for word in argv[2:] if not word.startswith("--")}
        if argv[1] == "--purge" and named & self.half and "--force-remove-reinstreq" not in argv:
            return Done(1, "", "package is in a very bad inconsistent state; reinstall it before removal")
        self.half -= named if argv[1] == "--purge" else self.half
        if argv[1] == "--purge":
            for name in (word for word in argv[2:] if not word.startswith("--")):
                del self.packages[name]
        return Done(0, "", "")

    def _apt_get(self, argv: tuple[str, ...], text: str) -> Done:
        wanted = [one.split("=")[0] for one in argv if "=" in one and not one.startswith("Acquire")]
        if any(name not in self.reachable for name in wanted):
            return Done(100, "", "E: Unable to fetch some archives")
        self.packages |= {name: self.reachable[name] for name in wanted}
        return Done(0, "", "")

    def _nft(self, argv: tuple[str, ...], text: str) -> Done:
        if argv[1:] == ("list", "tables"):
            return Done(0, "".join(f"table {name}\n" for name in self.tables), "")
        if argv[1] == "-s":
            return Done(0, self.tables[" ".join(argv[4:])], "")
        if argv[1] == "delete":
            del self.tables[" ".join(argv[3:])]
        if argv[1] == "-f":
            _, _, rules = text.split("\n", 2)
            self.tables[" ".join(text.splitlines()[0].split()[2:])] = rules
        return Done(0, "", "")

    def _systemctl(self, argv: tuple[str, ...], text: str) -> Done:
        if self.cut_off_calls:
            self.cut_off_calls -= 1
            return Done(1, "", "Failed to retrieve unit state: Transport endpoint is not connected")
        if argv[1] == "list-units":
            rows = [f"{name} loaded active {sub} text" for name, sub in self.units.items()]
            return Done(0, "\n".join(rows), "")
        if argv[1:] == ("restart", "ndcops-guard.timer"):
            self.timer = "active"
        if argv[1] == "stop" and argv[-1] == "ndcops-guard.timer":
            self.timer = "inactive"
        if argv[1] == "is-active":
            name = argv[2]
            active = self.timer == "active" if name == "ndcops-guard.timer" else name in self.active
            return Done(0 if active else 3, "", "" if active else "inactive")
        return Done(0, "", "")


def small_host(root: Path) -> Path:
    """A host's file system in a folder: /etc, an operator's keys, and the folders that the guard needs."""
    for name in ("etc/ssh", "etc/pam.d", "home/operator/.ssh", "usr/bin", "run", "proc/sys/net/ipv4", "proc/self"):
        (root / name).mkdir(parents=True)
    (root / "etc/passwd").write_text(
        "root:x:0:0:root:/root:/bin/bash\noperator:x:1000:100::/home/operator:/bin/bash\n"
    )
    (root / "etc/shadow").write_text("operator:$y$hash:20000:0:99999:7:::\n")
    (root / "etc/shadow").chmod(0o640)
    (root / "etc/ssh/sshd_config").write_text("Port 22\n")
    (root / "etc/motd").symlink_to("/run//motd")
    (root / "home/operator/.ssh/authorized_keys").write_text("ssh-ed25519 AAAA operator\n")
    (root / "proc/sys/net/ipv4/ip_forward").write_text("0\n")
    (root / "proc/self/mountinfo").write_text(
        "20 1 0:5 / /proc rw - proc proc rw\n21 1 0:6 / /tmp rw - tmpfs t rw\n"
    )
    return root
