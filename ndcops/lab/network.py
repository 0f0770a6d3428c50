"""The lab's bridge and its sites' network namespaces, through iproute2; `up` and `down` call it.

A namespace lives as long as its anchor, a sleeping process with the lab's mark: it needs no mount, so none
can stay behind.
"""

import json
import subprocess
import time
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from shutil import which
from typing import Any

from ndcops.lab.folder import LabPaths
from ndcops.lab.processes import ProcessSpec
from ndcops.model.errors import InvalidInput, NdcopsError

ANCHOR = "network"
"""The name of the process that holds a site's network namespace."""

BENCHMARK_RANGE = IPv4Network("198.18.0.0/15")
"""RFC 2544: for tests of networks, routed nowhere; a lab takes one /24 of it."""

_CAP_NET_ADMIN, _CAP_SYS_ADMIN = 12, 21  # linux/capability.h
_TOOLS = {"ip": "iproute2", "nsenter": "util-linux", "unshare": "util-linux"}


def may_make_networks(status_file: Path = Path("/proc/self/status")) -> bool:
    """Whether this process may make namespaces and links: root, outside a restricted container."""
    line = next(line for line in status_file.read_text().splitlines() if line.startswith("CapEff:"))
    effective = int(line.split()[1], 16)
    return all(effective >> bit & 1 for bit in (_CAP_NET_ADMIN, _CAP_SYS_ADMIN))


def missing_tools() -> list[str]:
    """Debian packages that the lab's networks need and that are not installed."""
    return sorted({package for tool, package in _TOOLS.items() if which(tool) is None})


def require_networks() -> None:
    """Raises InvalidInput when rights or tools for networks of our own are missing."""
    if not may_make_networks():
        raise InvalidInput(
            "mode 'netns' needs the rights to make network namespaces (CAP_NET_ADMIN and CAP_SYS_ADMIN)",
            resolution="run as root, or leave the mode out: the lab then shares loopback",
        )
    if packages := missing_tools():
        raise InvalidInput(
            f"the lab's networks need {', '.join(packages)}", resolution=f"apt install {' '.join(packages)}"
        )


def _run(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise NdcopsError(
            f"'{' '.join(argv)}' ended with {done.returncode}",
            details=done.stderr.strip().splitlines()[-3:],
            resolution="ndcops lab down, then: ndcops lab up",
        )
    return done.stdout


def _json(*argv: str) -> list[dict[str, Any]]:
    parsed: list[dict[str, Any]] = json.loads(_run("ip", "-j", "-4", *argv) or "[]")
    return parsed


def used_networks(lab_id: str) -> list[IPv4Network]:
    """Networks that this machine reaches other than through its default route or this lab's bridge."""
    networks = []
    for route in _json("route", "show", "table", "all"):
        if route["dst"] != "default" and route.get("dev") != bridge_name(lab_id):
            networks.append(IPv4Network(route["dst"], strict=False))
    return networks


def choose_subnet(lab_id: str, used: list[IPv4Network]) -> IPv4Network:
    """A /24 that overlaps nothing in use; each lab starts looking at another place. Raises NdcopsError."""
    candidates = list(BENCHMARK_RANGE.subnets(new_prefix=24))
    start = int(lab_id, 16) % len(candidates)
    for candidate in candidates[start:] + candidates[:start]:
        if not any(candidate.overlaps(network) for network in used):
            return candidate
    raise NdcopsError(
        f"no free /24 in {BENCHMARK_RANGE} for the lab's bridge", resolution="ip route show table all"
    )


def bridge_name(lab_id: str) -> str:
    """The lab's bridge."""
    return f"ndc-{lab_id}"


def link_name(lab_id: str, index: int) -> str:
    """The bridge's end of a site's link."""
    return f"ndc-{lab_id}-{index}"


def site_address(subnet: IPv4Network, index: int) -> IPv4Address:
    """The address of site `index` (from 0); below .11 is the bridge's and free. Raises InvalidInput past 200."""
    if index >= 200:
        raise InvalidInput("a lab holds at most 200 sites")
    return subnet.network_address + 11 + index


def ensure_bridge(lab_id: str, subnet: IPv4Network) -> None:
    """Make the bridge, with the subnet's first address for this machine's own programs.

    It never forwards, whatever this machine's routes are: nothing behind it reaches another network.
    """
    name = bridge_name(lab_id)
    if not Path("/sys/class/net", name).exists():
        _run("ip", "link", "add", name, "type", "bridge")
    _run("ip", "addr", "replace", f"{subnet.network_address + 1}/{subnet.prefixlen}", "dev", name)
    for family in ("ipv4", "ipv6"):
        switch = Path("/proc/sys/net", family, "conf", name, "forwarding")
        if switch.exists():  # IPv6 may be switched off altogether
            switch.write_text("0")
    _run("ip", "link", "set", name, "up")


def anchor(paths: LabPaths, site: str) -> ProcessSpec:
    """The process that holds a site's network namespace."""
    return ProcessSpec(
        site=site,
        name=ANCHOR,
        argv=("unshare", "--net", "--", "sleep", "infinity"),
        folder=paths.site(site),
        log=paths.log(site, ANCHOR),
    )


def connect_site(lab_id: str, index: int, anchor_pid: int, subnet: IPv4Network) -> None:
    """Link a site's namespace to the bridge; does nothing when it is linked already."""
    namespace = _wait_namespace(anchor_pid)
    inside = ("nsenter", f"--net={namespace}", "--", "ip")
    link = link_name(lab_id, index)
    if not Path("/sys/class/net", link).exists():
        _run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(anchor_pid))
    address = f"{site_address(subnet, index)}/{subnet.prefixlen}"
    _run(*inside, "addr", "replace", address, "dev", "eth0")
    _run(*inside, "link", "set", "eth0", "up")
    _run(*inside, "link", "set", "lo", "up")
    _run("ip", "link", "set", link, "master", bridge_name(lab_id), "up")


def _wait_namespace(pid: int, timeout_s: float = 5.0) -> Path:
    """The namespace of an anchor, once it is no longer ours."""
    ours, theirs = Path("/proc/self/ns/net"), Path(f"/proc/{pid}/ns/net")
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if theirs.readlink() != ours.readlink():
                return theirs
        except FileNotFoundError:
            break
        time.sleep(0.005)
    raise NdcopsError(
        f"process {pid} made no network namespace", resolution="ndcops lab down, then: ndcops lab up"
    )


def lab_links(lab_id: str) -> list[str]:
    """The lab's interfaces that there are, by name; links before their bridge."""
    bridge = bridge_name(lab_id)
    names = [entry.name for entry in Path("/sys/class/net").iterdir()]
    sites = sorted((name for name in names if name.startswith(f"{bridge}-")), reverse=True)
    return [*host_links(lab_id), *sites, *([bridge] if bridge in names else [])]


def host_links(lab_id: str) -> list[str]:
    """The bridge's ends of the links of lab hosts: systemd-nspawn made and named them."""
    ports = Path("/sys/class/net", bridge_name(lab_id), "brif")
    return sorted(port.name for port in ports.iterdir() if port.name.startswith("vb-")) if ports.is_dir() else []


def remove_links(names: list[str]) -> int:
    """Remove interfaces; gives how many. A link that vanishes with its namespace meanwhile is fine."""
    for name in names:
        try:
            _run("ip", "link", "del", name)
        except NdcopsError:
            if Path("/sys/class/net", name).exists():
                raise
    return len(names)
