"""The lab's internal package mirror: apt-cacher-ng on the bridge, which reaches this machine's Debian mirror only.

It runs in the foreground with a configuration of ours; its cache stays in the cache folder.
"""

import fcntl
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from ndcops.lab.hosts.layout import MIRROR, HostsPaths, hosts_mark
from ndcops.lab.private_file import write_private
from ndcops.lab.processes import ProcessSpec, find_marked, spawn
from ndcops.model.errors import NdcopsError
from ndcops.toolchain.folders import cache_dir, private_subfolder

PORT = 3142
MIRROR_ROLE = f"hosts/{MIRROR}"
CHOSEN_MIRROR = "NDCOPS_DEBIAN_MIRROR"
"""Names the Debian mirror where this machine's own apt sources have none, for example http://HOST/debian."""

_CONFIGURATION = """\
CacheDir: {cache}
LogDir: {folder}
SupportDir: /usr/lib/apt-cacher-ng
BindAddress: {address}
Port: {port}
SocketPath:
ReportPage:
ForeGround: 1
ForceManaged: 1
VerboseLog: 1
ExThreshold: 30
Remap-debian: /debian ; {debian}
Remap-security: /debian-security ; {security}
{proxy}"""


@dataclass(frozen=True)
class DebianMirror:
    """Where this machine itself gets Debian packages from."""

    debian: str
    security: str
    is_snapshot: bool
    """Whether apt here is told not to judge the age of indexes, as for a mirror frozen on purpose."""

    proxy: str = ""


def _ask(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise NdcopsError(
            f"'{argv[0]}' could not read this machine's apt configuration",
            details=done.stderr.strip().splitlines()[-3:],
            resolution="apt-get update",
        )
    return done.stdout


def debian_mirror() -> DebianMirror:
    """The mirror of this machine's own apt sources, or the chosen one. Raises NdcopsError when there is none."""
    listed = _ask("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages")
    debian, security = choose_mirrors(listed, os.environ.get(CHOSEN_MIRROR, ""))
    settings = _ask("apt-config", "dump", "--format", "%f=%v%n")
    values = dict(line.partition("=")[::2] for line in settings.splitlines())
    return DebianMirror(
        debian=debian,
        security=security,
        is_snapshot=values.get("Acquire::Check-Valid-Until") == "false",
        proxy=values.get("Acquire::http::Proxy", ""),
    )


def choose_mirrors(listed: str, chosen: str) -> tuple[str, str]:
    """Base addresses of Debian and its security updates out of lines `URI CODENAME`. Raises NdcopsError."""
    pairs = [tuple(line.split()) for line in listed.splitlines() if len(line.split()) == 2]
    security = [uri for uri, name in pairs if name.endswith("-security") and "/debian-security" in uri]
    debian = [uri for uri, name in pairs if "-" not in name and uri.rstrip("/").endswith("/debian")]
    main = chosen or next(iter(debian), "")
    if not main:
        raise NdcopsError(
            "this machine's apt sources name no Debian mirror",
            resolution=f"{CHOSEN_MIRROR}=http://HOST/debian ndcops lab hosts up --count 3",
        )
    beside = f"{main.rstrip('/')}-security"
    return main.rstrip("/"), (beside if chosen else next(iter(security), beside)).rstrip("/")


def mirror_configuration(mirror: DebianMirror, address: IPv4Address, cache: Path, folder: Path) -> str:
    """acng.conf (apt-cacher-ng 3.7): `ForceManaged` refuses everything but the two remapped trees."""
    return _CONFIGURATION.format(
        cache=cache,
        folder=folder,
        address=address,
        port=PORT,
        debian=mirror.debian,
        security=mirror.security,
        proxy=f"Proxy: {mirror.proxy}\n" if mirror.proxy else "",
    )


def ensure_mirror(paths: HostsPaths, mirror: DebianMirror, address: IPv4Address, timeout_s: float = 20.0) -> None:
    """Start the mirror unless it runs, and wait until it answers. Raises NdcopsError."""
    mark = hosts_mark(paths.lab.lab_id)
    if not any(process.role == MIRROR_ROLE for process in find_marked(mark)):
        cache = _free_cache()
        write_private(
            paths.mirror / "acng.conf", mirror_configuration(mirror, address, cache / "packages", paths.mirror)
        )
        (cache / "packages").mkdir(exist_ok=True)
        spawn(
            ProcessSpec(
                site="hosts",
                name=MIRROR,
                argv=("flock", "--nonblock", "--no-fork", str(cache), "apt-cacher-ng", "-c", str(paths.mirror)),
                folder=paths.mirror,
                log=paths.mirror / "process.log",
            ),
            mark,
        )
    deadline = time.monotonic() + timeout_s
    while not _answers(address):
        if time.monotonic() > deadline:
            raise NdcopsError(
                f"the package mirror does not answer at {address}:{PORT}",
                details=(paths.mirror / "process.log").read_text(errors="replace").splitlines()[-3:],
                resolution="ndcops lab hosts down, then: ndcops lab hosts up",
            )
        time.sleep(0.05)


def _free_cache() -> Path:
    """A cache folder that no other lab's mirror holds: two would spoil each other's files."""
    parent = private_subfolder(cache_dir(), "debian-packages")
    for number in range(100):
        folder = private_subfolder(parent, str(number))
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
    raise NdcopsError(f"100 package mirrors run in {parent} already", resolution="ndcops lab hosts down")


def _answers(address: IPv4Address) -> bool:
    try:
        with socket.create_connection((str(address), PORT), timeout=1):
            return True
    except OSError:
        return False
