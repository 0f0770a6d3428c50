"""Two pod-like network namespaces on a host, and numbered packets between them through the host's forwarding."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ndcops.model.errors import NdcopsError
from ndcops.wiring.lab_hosts import run_inside

PORT = 5300
SERVICE = "10.96.0.10"
FAMILIES = (4, 6)
_FOLDER = "/run/pod-traffic"

_LAY = f"""
set -e
mkdir -p {_FOLDER}
for pod in 1 2; do
  ip netns add pod$pod
  ip link add veth$pod type veth peer name eth0 netns pod$pod
  ip addr add 10.244.$pod.1/24 dev veth$pod
  ip addr add fd00:244:$pod::1/64 dev veth$pod nodad
  ip link set veth$pod up
  ip -n pod$pod link set lo up
  ip -n pod$pod addr add 10.244.$pod.2/24 dev eth0
  ip -n pod$pod addr add fd00:244:$pod::2/64 dev eth0 nodad
  ip -n pod$pod link set eth0 up
  ip -n pod$pod route add default via 10.244.$pod.1
  ip -n pod$pod route add default via fd00:244:$pod::1
done
sysctl -qw net.ipv4.conf.all.forwarding=1 net.ipv6.conf.all.forwarding=1
systemctl start nftables.service
nft -f - <<END
table ip services {{
  chain prerouting {{
    type nat hook prerouting priority dstnat;
    ip daddr {SERVICE} udp dport {PORT} dnat to 10.244.2.2
  }}
}}
END
"""
"""As a CNI lays pods and kube-proxy a service; a firewall service that somebody started runs beside them."""

_REMOVE = f"""
for pid in $(cat {_FOLDER}/*.pid 2>/dev/null); do kill $pid 2>/dev/null; done
for pod in 1 2; do ip netns del pod$pod 2>/dev/null; ip link del veth$pod 2>/dev/null; done
nft delete table ip services 2>/dev/null
rm -rf {_FOLDER}
ip netns list; ip -o link show type veth | grep -c ' veth[12]@'; nft list tables | grep services
true
"""

_ECHO = """
import os, socket, sys
family, port = int(sys.argv[1]), int(sys.argv[2])
open(f"/run/pod-traffic/echo{family}.pid", "w").write(str(os.getpid()))
server = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
if family == 6:
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
server.bind(("", port))
while True:
    data, sender = server.recvfrom(64)
    server.sendto(data, sender)
"""

_SENDER = """
import json, os, pathlib, socket, sys, time
family, address, port, least, period_s = sys.argv[1:]
family, port, least, period_s = int(family), int(port), int(least), float(period_s)
folder = pathlib.Path("/run/pod-traffic")
(folder / f"send{family}.pid").write_text(str(os.getpid()))
client = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
client.connect((address, port))
client.setblocking(False)
answered, refused, number = set(), 0, 0

def take():
    try:
        while True:
            answered.add(int(client.recv(64)))
    except OSError:
        return

began = time.monotonic()
while number < least or not (folder / "stop").exists():
    try:
        client.send(str(number).encode())
    except OSError:
        refused += 1
    number += 1
    take()
    time.sleep(max(0.0, began + number * period_s - time.monotonic()))
for _ in range(20):
    time.sleep(0.1)
    take()
missing = sorted(set(range(number)) - answered)
found = {"sent": number, "lost": len(missing), "refused": refused, "first_lost": missing[:5],
         "duration_s": round(time.monotonic() - began, 1)}
(folder / f"found{family}.new").write_text(json.dumps(found))
(folder / f"found{family}.new").rename(folder / f"found{family}.json")
"""


@dataclass(frozen=True)
class Traffic:
    """Packets of one address family. lost: sent, and never answered by the other pod."""

    family: int
    sent: int
    lost: int
    first_lost: tuple[int, ...]
    duration_s: float


@contextmanager
def pods(host: str) -> Iterator[None]:
    """Lay two pods and a service on a host; nothing of them is left afterwards."""
    _must(host, _LAY)
    try:
        yield
    finally:
        left = _must(host, _REMOVE).split()
        if left != ["0"]:
            raise NdcopsError(f"{host} keeps traces of the pods", details=left)


def begin(host: str, *, least: int, period_s: float) -> None:
    """Send from pod to pod until `finish`, at least `least` packets of each family: IPv4 through the service."""
    for family, address in zip(FAMILIES, (SERVICE, "fd00:244:2::2"), strict=True):
        _start(host, "pod2", _ECHO, str(family), str(PORT))
        _start(host, "pod1", _SENDER, str(family), address, str(PORT), str(least), str(period_s))


def finish(host: str, *, timeout_s: float) -> tuple[Traffic, ...]:
    """Let the senders come to their end; what each found. Raises NdcopsError when one does not."""
    ready = " && ".join(f"test -f {_FOLDER}/found{family}.json" for family in FAMILIES)
    _must(host, f"touch {_FOLDER}/stop; until {ready}; do sleep 0.5; done", timeout_s=timeout_s)
    found = [json.loads(_must(host, f"cat {_FOLDER}/found{family}.json")) for family in FAMILIES]
    return tuple(
        Traffic(family, one["sent"], one["lost"], tuple(one["first_lost"]), one["duration_s"])
        for family, one in zip(FAMILIES, found, strict=True)
    )


def _start(host: str, pod: str, script: str, *words: str) -> None:
    """In the background, of no terminal and no unit of the host."""
    quiet = "</dev/null >/dev/null 2>&1 & sleep 0.5; kill -0 $!"
    argv = ("sh", "-c", f'setsid ip netns exec {pod} python3 -c "$@" {quiet}', "sh", script, *words)
    done = run_inside(host, argv)
    if done.exit_code != 0:
        raise NdcopsError(f"{host}: no traffic in {pod}", details=done.stderr.splitlines()[-5:])


def _must(host: str, script: str, *, timeout_s: float = 60) -> str:
    done = run_inside(host, ("bash", "-c", script), timeout_s=timeout_s)
    if done.exit_code != 0:
        raise NdcopsError(f"{host}: a script ended with {done.exit_code}", details=done.stderr.splitlines()[-5:])
    return done.stdout
