"""TCP ports of a site: fixed where the site has a network of its own, free ones on loopback; `up` calls it."""

import random
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from ndcops.lab.state import LabMode, SitePorts
from ndcops.model.errors import NdcopsError

FIXED = SitePorts(api=6443, etcd=2379, etcd_peer=2380)
COORDINATION_PORT, COORDINATION_PEER_PORT = 12379, 12380
_LOWEST = 15_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int) -> bool:
    """Whether a server could listen on that loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is no obstacle
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(taken: Iterable[int], free: Callable[[int], bool] = is_free) -> int:
    """A free port below the range from which the kernel takes those of outgoing connections, so that none
    of them takes it before our server does. Raises NdcopsError when there is none."""
    highest = int(_EPHEMERAL.read_text().split()[0])
    low, high = (_LOWEST, highest) if highest > _LOWEST + 1000 else (_LOWEST, 65_000)
    candidates = list(set(range(low, high)) - set(taken))
    random.shuffle(candidates)
    for port in candidates:
        if free(port):
            return port
    raise NdcopsError(f"no free TCP port between {low} and {high}", resolution="ss -ltn")


def choose_ports(mode: LabMode, *, coordination: bool, taken: Iterable[int]) -> SitePorts:
    """Ports for a new site."""
    if mode is LabMode.NETNS:
        pair = (COORDINATION_PORT, COORDINATION_PEER_PORT) if coordination else (None, None)
        return FIXED.model_copy(update={"coordination": pair[0], "coordination_peer": pair[1]})
    used = set(taken)

    def take() -> int:
        used.add(port := free_port(used))
        return port

    own = SitePorts(api=take(), etcd=take(), etcd_peer=take(), names=take())
    if not coordination:
        return own
    return own.model_copy(update={"coordination": take(), "coordination_peer": take()})
