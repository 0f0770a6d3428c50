"""Packets between two pod-like namespaces through a Kubernetes node, over the whole of its hardening."""

import shutil
import time
from pathlib import Path
from typing import Any

from ndcops.model.host import HostRole
from tests.bench.hardened_hosts import LabFleet, fleet
from tests.bench.pod_traffic import Traffic, begin, finish, pods
from tests.bench.result import AtLeast, Measured
from tests.bench.sandbox import REPOSITORY, Sandbox
from tests.bench.timing import Clock

HOSTS = 1
PACKETS = 10_000
PERIOD_S = 0.01
ROUNDS = 1
TARGETS = {"packets_lost": 0, "packets_sent": AtLeast(PACKETS)}
NOTES = (
    "a packet is lost when its echo does not come back: both directions are forwarded by the host; IPv4 goes to a "
    "service's address that the host translates, IPv6 straight to the pod; packets_sent is the smaller of both",
    "paced at 100 a second and family from before `harden apply` (plan, packages, drain, play, last login) until "
    "after it; a fresh host each round, with nftables.service running as somebody may have left it",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """A fresh node a round."""
    rounds = []
    for number in clock.rounds("node"):
        with fleet(sandbox, HOSTS) as hosts:
            rounds.append(_round(hosts, sandbox, clock, number))
    traffic = [each for one in rounds for each in one["traffic"]]
    figures = {
        "packets_sent": min(each.sent for each in traffic),
        "packets_lost": sum(each.lost for each in traffic),
        "apply_s": max(one["apply_s"] for one in rounds),
        "tasks_changed": min(one["tasks_changed"] for one in rounds),
    }
    samples = [{**one, "traffic": [vars(each) for each in one["traffic"]]} for one in rounds]
    return Measured(figures, {"rounds": samples}, NOTES, len(rounds) >= clock.wanted)


def _dual_stack(sandbox: Sandbox) -> Path:
    """The sample inventory, with nodes that route IPv6 though their pods are said to have none."""
    folder = sandbox.state / "dual-stack-inventory"
    shutil.copytree(REPOSITORY / "inventory", folder, dirs_exist_ok=True)
    baseline = folder / "hardening.yaml"
    text = baseline.read_text()
    if "kernel_forwarding_ipv6" not in text:
        routed = "  kubernetes_node:\n    settings:\n      kernel_forwarding_ipv6: true\n"
        baseline.write_text(text.replace("  kubernetes_node:\n", routed, 1))
    return folder


def _round(hosts: LabFleet, sandbox: Sandbox, clock: Clock, number: int) -> dict[str, Any]:
    node = next(name for name, role in hosts.roles.items() if role is HostRole.KUBERNETES_NODE)
    with pods(node):
        begin(node, least=PACKETS, period_s=PERIOD_S)
        began = time.monotonic()
        words = ("--inventory", str(_dual_stack(sandbox)), "--json", "--yes", "harden", "apply", "--host", node)
        applied = sandbox.ndcops(*words, timeout_s=900).required()
        apply_s = round(time.monotonic() - began, 1)
        clock.say(f"round {number}: applied in {apply_s} s")
        found: tuple[Traffic, ...] = finish(node, timeout_s=PACKETS * PERIOD_S + 60)
    clock.say(f"round {number}: {found}")
    changed = applied.document()["done"][node]["changed"]
    return {"node": node, "apply_s": apply_s, "tasks_changed": len(changed), "traffic": found}
