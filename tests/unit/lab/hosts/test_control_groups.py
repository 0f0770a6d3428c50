"""Where systemd's control groups are mounted: version 2 alone, both versions, and none."""

from pathlib import Path

import pytest

from ndcops.lab.hosts.control_groups import hierarchies

UNIFIED = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
HYBRID = (
    "40 24 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    "41 24 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
    "42 24 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)
OTHER = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"


@pytest.mark.parametrize(
    ("mountinfo", "expected"),
    [
        (OTHER + UNIFIED, ["/sys/fs/cgroup"]),
        (HYBRID + OTHER, ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]),
        (OTHER, []),
        ("", []),
    ],
)
def test_hierarchies_of_systemd_are_found(mountinfo: str, expected: list[str]) -> None:
    assert hierarchies(mountinfo) == [Path(each) for each in expected]
