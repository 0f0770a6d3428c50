"""The package mirror: which Debian mirror it takes from this machine, and that it reaches nothing else."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from ndcops.lab.hosts.mirror import DebianMirror, choose_mirrors, mirror_configuration
from ndcops.model.errors import NdcopsError

BASE = "http://mirror.test"


@pytest.mark.parametrize(
    ("listed", "chosen", "expected"),
    [
        (
            f"{BASE}/debian/ trixie\n{BASE}/debian/ trixie-updates\n{BASE}/debian-security/ trixie-security\n",
            "",
            (f"{BASE}/debian", f"{BASE}/debian-security"),
        ),
        (f"{BASE}/debian trixie\n", "", (f"{BASE}/debian", f"{BASE}/debian-security")),
        (
            f"http://tools.test/apt stable\n{BASE}/debian/ trixie\nhttp://tools.test/x trixie-security\n",
            "",
            (f"{BASE}/debian", f"{BASE}/debian-security"),
        ),
        ("http://ubuntu.test/ubuntu noble\n", f"{BASE}/debian/", (f"{BASE}/debian", f"{BASE}/debian-security")),
        (
            "http://other.test/debian trixie\nhttp://other.test/debian-security trixie-security\n",
            f"{BASE}/debian",
            (f"{BASE}/debian", f"{BASE}/debian-security"),
        ),
    ],
    ids=["as installed", "no security", "foreign sources", "not Debian", "chosen wins"],
)
def test_the_mirror_is_that_of_this_machine_unless_chosen(
    listed: str, chosen: str, expected: tuple[str, str]
) -> None:
    assert choose_mirrors(listed, chosen) == expected


@pytest.mark.parametrize("listed", ["", "http://ubuntu.test/ubuntu noble\n", "three words here\n"])
def test_a_machine_without_debian_mirror_is_told_how_to_name_one(listed: str) -> None:
    with pytest.raises(NdcopsError) as caught:
        choose_mirrors(listed, "")
    assert "NDCOPS_DEBIAN_MIRROR=" in caught.value.resolution


@pytest.mark.parametrize("proxy", ["", "http://proxy.test:3128"])
def test_only_the_two_debian_trees_are_served_and_only_on_the_bridge(proxy: str) -> None:
    mirror = DebianMirror(f"{BASE}/debian", f"{BASE}/debian-security", is_snapshot=False, proxy=proxy)
    text = mirror_configuration(mirror, IPv4Address("198.18.7.1"), Path("/cache"), Path("/folder"))
    settings = [line.partition(": ")[::2] for line in text.splitlines()]
    assert ("ForceManaged", "1") in settings
    assert ("BindAddress", "198.18.7.1") in settings
    assert [value for name, value in settings if name.startswith("Remap-")] == [
        f"/debian ; {BASE}/debian",
        f"/debian-security ; {BASE}/debian-security",
    ]
    assert [value for name, value in settings if name == "Proxy"] == ([proxy] if proxy else [])
