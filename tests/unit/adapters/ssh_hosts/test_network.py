"""Addresses and routes that a change took away or put in the way come back; what others keep is left alone."""

from dataclasses import dataclass, field

import pytest

from ndcops.adapters.ssh_hosts.on_host.host import QUICK_S, Done, Host, Runner
from ndcops.adapters.ssh_hosts.on_host.network import read_network, restore_network

LINKS = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n2: host0@if9: <BROADCAST,UP> mtu 1500\n3: veth1@if2: <UP>\n"
LIFETIME = "\\       valid_lft 431sec preferred_lft 99sec"
ADDRESS = f"2: host0    inet 10.1.0.5/24 brd 10.1.0.255 scope global dynamic host0{LIFETIME}\n"
SIXTH = f"2: host0    inet6 2001:db8::5/64 scope global {LIFETIME}\n"
LINK_ROUTE = "10.1.0.0/24 dev host0 proto kernel scope link src 10.1.0.5 \n"
DEFAULT = "default via 10.1.0.1 dev host0 proto static onlink \n"
RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n"


@dataclass
class FakeIp(Runner):
    """`ip` with fixed answers; remembers what would change something."""

    answers: dict[str, str] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    failing: str = "nothing"

    def __call__(self, *argv: str, text: str = "", timeout_s: int = QUICK_S) -> Done:
        line = " ".join(argv)
        if line in self.answers:
            return Done(0, self.answers[line], "")
        if " show" in line:
            return Done(0, "", "")
        self.changes.append(line)
        return Done(2, "", "RTNETLINK answers: No") if self.failing in line else Done(0, "", "")


def ip(**changed: str) -> FakeIp:
    said = {"links": LINKS, "a4": ADDRESS, "a6": SIXTH, "r4": DEFAULT + LINK_ROUTE, "rules": RULES} | changed
    return FakeIp(
        {
            "ip -o link show": said["links"],
            "ip -o -4 address show scope global": said["a4"],
            "ip -o -6 address show scope global": said["a6"],
            "ip -o -4 route show table main": said["r4"],
            "ip -o -4 rule show": said["rules"],
        }
    )


def restored(now: FakeIp, then: FakeIp | None = None) -> list[str]:
    assert restore_network(Host(run=now), read_network(Host(run=then or ip()))) == []
    return now.changes


def test_nothing_is_done_when_nothing_changed_but_lifetimes() -> None:
    later = ADDRESS.replace("431sec", "12sec")
    assert restored(ip(a4=later, r4=LINK_ROUTE + DEFAULT.replace(" onlink", " onlink linkdown"))) == []


CASES = {
    "link down": ({"links": LINKS.replace("<BROADCAST,UP>", "<BROADCAST>")}, ["ip link set dev host0 up"]),
    "address gone": (
        {"a4": "", "r4": ""},
        [
            "ip -4 address add 10.1.0.5/24 brd 10.1.0.255 dev host0",
            "ip -4 route replace 10.1.0.0/24 dev host0 proto kernel scope link src 10.1.0.5",
            "ip -4 route replace default via 10.1.0.1 dev host0 proto static onlink",
        ],
    ),
    "sixth address gone": ({"a6": ""}, ["ip -6 address add 2001:db8::5/64 dev host0"]),
    "default gone": (
        {"r4": LINK_ROUTE},
        ["ip -4 route replace default via 10.1.0.1 dev host0 proto static onlink"],
    ),
    "black hole": (
        {"r4": DEFAULT + LINK_ROUTE + "blackhole 10.1.0.1 \n"},
        ["ip -4 route del blackhole 10.1.0.1"],
    ),
    "other gateway": (
        {"r4": DEFAULT + LINK_ROUTE + "10.1.0.1 via 10.1.0.9 dev host0 \n"},
        ["ip -4 route del 10.1.0.1 via 10.1.0.9 dev host0"],
    ),
    "rule in the way": (
        {"rules": "0:\tfrom all lookup local\n9:\tfrom all prohibit\n32766:\tfrom all lookup main\n"},
        ["ip -4 rule del pref 9 from all prohibit"],
    ),
    "rule gone": (
        {"rules": "0:\tfrom all lookup local\n"},
        ["ip -4 rule add pref 32766 from all lookup main"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_missing_or_in_the_way_is_mended(case: str) -> None:
    changed, wanted = CASES[case]
    assert restored(ip(**changed)) == wanted


def test_what_others_keep_is_left_alone() -> None:
    floating = "2: host0    inet 10.1.0.100/32 scope global host0\n"
    pods = (
        "blackhole 10.244.7.0/26 proto 80 \n10.244.1.0/24 via 10.1.0.6 dev host0 proto bird \n"
        "10.244.7.2 dev cali123 scope link \n"
    )
    cilium = RULES + "100:\tfrom all lookup local\n"
    assert restored(ip(r4=DEFAULT + LINK_ROUTE + pods, rules=cilium)) == []
    assert restored(ip(), then=ip(a4=ADDRESS + floating, r4=DEFAULT + LINK_ROUTE + pods)) == []


def test_paths_over_several_gateways_come_back_as_one_route() -> None:
    several = (
        "default proto static \\\tnexthop via 10.1.0.1 dev host0 weight 1 \\\tnexthop via 10.1.0.2 dev host0 \n"
    )
    assert restored(ip(r4=LINK_ROUTE), then=ip(r4=several + LINK_ROUTE)) == [
        "ip -4 route replace default proto static nexthop via 10.1.0.1 dev host0 weight 1 "
        "nexthop via 10.1.0.2 dev host0"
    ]


def test_what_cannot_be_mended_is_said_and_the_rest_is_done() -> None:
    now = ip(a4="", r4="")
    now.failing = "address add"
    problems = restore_network(Host(run=now), read_network(Host(run=ip())))
    assert problems == ["address host0 10.1.0.5/24: RTNETLINK answers: No"]
    assert len(now.changes) == 3
