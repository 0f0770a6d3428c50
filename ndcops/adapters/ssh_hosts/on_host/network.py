"""Links, addresses, routes and rules of a host; what Kubernetes or a floating address owns is left alone."""

import re

from .host import Done, Host
from .live import Table

_FAMILIES = ("-4", "-6")
_DYNAMIC_LINK = re.compile(
    r"(veth|cali|lxc|cni|cilium|flannel|tap|vif|tunl|vxlan|docker|br-|virbr|kube-|nodelocal)", re.ASCII
)
_VOLATILE = re.compile(r" (expires \d+sec|linkdown|dead|offload|trap|rt_offload)\b")
_KEPT_BY_US = ("boot", "static", "kernel", "dhcp")
_MAY_GO = ("boot", "static")
_STOPPING_RULE = re.compile(r"\b(blackhole|unreachable|prohibit)$")


def read_network(host: Host) -> Table:
    """By subject what `ip` needs to make it again."""
    found: Table = {}
    for line in host.run("ip", "-o", "link", "show").out.splitlines():
        name, flags = line.split()[1].rstrip(":").partition("@")[0], line.split("<")[1].split(">")[0].split(",")
        if not _DYNAMIC_LINK.match(name):
            found[f"link {name}"] = "up" if "UP" in flags else "down"
    for family in _FAMILIES:
        found |= _addresses(host, family)
        for line in _lines(host.run("ip", "-o", family, "route", "show", "table", "main")):
            if _protocol(line) in _KEPT_BY_US and not _DYNAMIC_LINK.match(_after(line, "dev")):
                found[f"route {family} {line}"] = "present"
        for line in _lines(host.run("ip", "-o", family, "rule", "show")):
            found[f"rule {family} {line}"] = "present"
    return found


def _addresses(host: Host, family: str) -> Table:
    """A /32 or /128 may float from host to host: taken back here it would be there twice."""
    found = {}
    for line in _lines(host.run("ip", "-o", family, "address", "show", "scope", "global")):
        words = line.partition(" scope ")[0].split()
        link, address = words[1], words[3]
        is_floating = address.endswith(("/32", "/128")) or "temporary" in line
        if not is_floating and not _DYNAMIC_LINK.match(link):
            found[f"address {link} {address}"] = " ".join([family, *words[3:]])
    return found


def restore_network(host: Host, then: Table) -> list[str]:
    """Bring back what is missing, then take out routes and rules that stand in the way."""
    now = read_network(host)
    missing = [name for name, value in then.items() if now.get(name) != value]
    problems = []
    for kind in ("link", "address", "route", "rule"):
        for name in sorted(name for name in missing if name.startswith(f"{kind} ")):
            problems += _problem(name, host.run("ip", *_making(name, then[name])))
    for name in sorted(now.keys() - then.keys()):
        removing = _removing(name)
        problems += _problem(name, host.run("ip", *removing)) if removing else []
    return problems


def _making(name: str, value: str) -> list[str]:
    kind, first, *rest = name.split()
    if kind == "link":
        return ["link", "set", "dev", first, value]
    if kind == "address":
        family, *words = value.split()
        return [family, "address", "add", *words, "dev", first]
    if kind == "route":
        return [first, "route", "replace", *rest]
    return [first, "rule", "add", "pref", rest[0].rstrip(":"), *rest[1:]]


def _removing(name: str) -> list[str]:
    """Empty for what is no obstacle or may be another's."""
    kind, family, *rest = name.split()
    if kind == "route" and _protocol(name) in _MAY_GO:
        return [family, "route", "del", *rest]
    if kind == "rule" and _STOPPING_RULE.search(name):
        return [family, "rule", "del", "pref", rest[0].rstrip(":"), *rest[1:]]
    return []


def _protocol(line: str) -> str:
    """Who made a route; `ip` leaves out `boot`, which is a person or a script."""
    return _after(line, "proto") or "boot"


def _after(line: str, word: str) -> str:
    words = line.split()
    return words[words.index(word) + 1] if word in words[:-1] else ""


def _lines(done: Done) -> list[str]:
    """Without what counts down or comes and goes by itself; a route over several gateways is one line."""
    plain = (_VOLATILE.sub("", line.replace("\\", " ")) for line in done.out.splitlines())
    return [" ".join(line.split()) for line in plain if line.strip()]


def _problem(name: str, done: Done) -> list[str]:
    return [f"{name}: {done.reason}"] if done.code else []
