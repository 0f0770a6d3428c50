"""The rules that make a site's link bad, as text; `faults.run` applies them, it is pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from ndcops.lab.state import Fault, FaultKind

TABLE: Final = "ndcops_faults"
LINK: Final = "eth0"
"""A site's only way out; what passes loopback inside the site is never touched."""


def filter_rules(faults: Iterable[Fault], addresses: Mapping[str, str]) -> str:
    """A whole nftables script that puts exactly these cuts in the place of any before; `addresses` by peer."""
    incoming, outgoing = [], []
    for fault in faults:
        if fault.kind is not FaultKind.CUT:
            continue
        source = f" ip saddr {addresses[fault.peer]}" if fault.peer else ""
        destination = f" ip daddr {addresses[fault.peer]}" if fault.peer else ""
        if fault.direction in ("both", "in"):
            incoming.append(f'    iifname "{LINK}"{source} drop')
        if fault.direction in ("both", "out"):
            outgoing.append(f'    oifname "{LINK}"{destination} drop')
    lines = [f"table inet {TABLE}", f"delete table inet {TABLE}"]
    if incoming or outgoing:
        lines += [f"table inet {TABLE} {{", *_chain("input", incoming), *_chain("output", outgoing), "}"]
    return "\n".join(lines) + "\n"


def _chain(hook: str, rules: list[str]) -> list[str]:
    return [f"  chain {hook} {{", f"    type filter hook {hook} priority -10; policy accept;", *rules, "  }"]


def shaping(device: str, rate: str | None) -> tuple[str, ...]:
    """The tc(8) arguments that limit what leaves by a device, or lift the limit; latency bounds the queue."""
    if rate is None:
        return ("qdisc", "del", "dev", device, "root")
    return ("qdisc", "replace", "dev", device, "root", "tbf", "rate", rate, "burst", "32kb", "latency", "400ms")
