"""The module `kernel`: a file of sysctl.d and live values, on a folder in place of /proc/sys."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.hardening.modules.harness import load


def work(root: Path, parameters: dict[str, Any], *, check: bool = False) -> Any:
    outcome = load("outcome", "module_utils").Outcome()
    params = {"file": str(root / "90.conf"), "parameters": parameters}
    load("kernel").work(params, outcome, check=check, live=str(root / "live"))
    return outcome


def lay(root: Path, **values: str) -> None:
    for name, value in values.items():
        path = root / "live" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value)


def test_file_and_live_values(tmp_path: Path) -> None:
    lay(tmp_path, net__ipv4__ip_forward="1\n", kernel__printk="4\t4\t1\t7\n")
    wanted = {"kernel.printk": "3 4 1 7", "net.ipv4.ip_forward": 0}
    predicted = work(tmp_path, wanted, check=True)
    made = work(tmp_path, wanted)
    assert predicted.items == made.items
    assert {item["subject"]: (item["before"], item["after"]) for item in made.items[1:]} == {
        "net.ipv4.ip_forward": ("1", "0"),
        "kernel.printk": ("4 4 1 7", "3 4 1 7"),
    }
    lines = (tmp_path / "90.conf").read_text().splitlines()
    assert lines[1:] == ["net.ipv4.ip_forward = 0", "kernel.printk = 3 4 1 7"]
    assert not work(tmp_path, wanted).items


def test_what_the_kernel_lacks_is_reported_and_no_change(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    first = work(tmp_path, {"kernel.yama.ptrace_scope": 2})
    assert [item["subject"] for item in first.items] == [str(tmp_path / "90.conf")]
    second = work(tmp_path, {"kernel.yama.ptrace_scope": 2})
    assert not second.items
    assert [entry["subject"] for entry in second.unsettable] == ["kernel.yama.ptrace_scope"]


def test_a_pattern_leaves_named_interfaces_out(tmp_path: Path) -> None:
    lay(tmp_path, net__ipv4__conf__a__rp_filter="0", net__ipv4__conf__b__rp_filter="0")
    wanted = {"net.ipv4.conf.*.rp_filter": 1, "net.ipv4.conf.b.rp_filter": 2}
    work(tmp_path, wanted)
    assert (tmp_path / "live/net/ipv4/conf/a/rp_filter").read_text() == "1"
    assert (tmp_path / "live/net/ipv4/conf/b/rp_filter").read_text() == "2"
    assert not work(tmp_path, wanted).items


@pytest.mark.parametrize(
    "parameters", [{"nodots": 1}, {"kernel.x": True}, {"kernel.x": ""}, {"kernel.x": [1]}, {"a b.c": 1}]
)
def test_bad_parameters(parameters: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(load("outcome", "module_utils").Impossible):
        work(tmp_path, parameters, check=True)
