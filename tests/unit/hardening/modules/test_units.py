"""The module `units`: against a systemctl in memory."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.unit.hardening.modules.harness import load


@dataclass
class FakeSystemd:
    """Units by name: how they are enabled, whether they run. `unmet`: conditions not met here."""

    units: dict[str, list[Any]] = field(default_factory=dict)
    unmet: set[str] = field(default_factory=set)
    verbs: list[str] = field(default_factory=list)

    def must(self, *command: str) -> str:
        answer = self.run(*command)
        assert answer.code == 0, command
        return str(answer.out)

    def run(self, *command: str) -> Any:
        answer = load("programs", "module_utils").Answer
        verb, name = command[1], command[-1]
        if command[0] == "systemd-analyze":
            return answer(int(name.removeprefix("--unit=") in self.unmet), "", "")
        enabled, running = self.units.get(name, ["not-found", False])
        if verb == "show":
            load_state = {"not-found": "not-found", "masked": "masked"}.get(enabled, "loaded")
            state = "active" if running else "inactive"
            return answer(0, f"LoadState={load_state}\nActiveState={state}\nNeedDaemonReload=no\n", "")
        if verb == "is-enabled":
            return answer(int(enabled != "enabled"), f"{enabled}\n", "")
        self.verbs.append(f"{verb} {name}")
        after = {
            "enable": ["enabled", running],
            "disable": ["disabled", running],
            "mask": ["masked", running],
            "unmask": ["disabled", running],
            "start": [enabled, True],
            "stop": [enabled, False],
        }
        self.units[name] = after[verb]
        return answer(0, "", "")


def work(systemd: FakeSystemd, *, check: bool = False, **unit: Any) -> Any:
    outcome = load("outcome", "module_utils").Outcome()
    whole = {"name": "x.service", "enabled": None, "running": None, "arrives": "wanted", **unit}
    load("units").work({"units": [whole]}, outcome, check=check, programs=systemd)
    return outcome


STATES = [
    [enabled, running] for enabled in ("enabled", "disabled", "static", "masked") for running in (True, False)
]
WISHES = [(enabled, running) for enabled in ("true", "false") for running in (True, False)]


@pytest.mark.parametrize(("enabled", "running"), [*WISHES, ("masked", False), (None, False), ("true", None)])
@pytest.mark.parametrize("state", STATES)
def test_check_names_what_the_run_changes(state: list[Any], enabled: Any, running: Any) -> None:
    systemd = FakeSystemd({"x.service": list(state)})
    predicted = work(systemd, check=True, enabled=enabled, running=running)
    assert not systemd.verbs
    made = work(systemd, enabled=enabled, running=running)
    assert predicted.items == made.items
    assert bool(systemd.verbs) == bool(made.items)
    assert not work(systemd, enabled=enabled, running=running).items


@pytest.mark.parametrize(
    ("unit", "changes"),
    [
        ({"enabled": "true", "running": True}, False),
        ({"enabled": "true", "running": True, "arrives": "off"}, True),
        ({"enabled": "false", "running": False}, False),
        ({"enabled": "false", "running": False, "arrives": "on"}, True),
        ({"enabled": "masked", "running": False}, True),
    ],
)
def test_a_unit_that_is_still_to_come(unit: dict[str, Any], changes: bool) -> None:
    assert bool(work(FakeSystemd(), check=True, **unit).items) == changes


def test_a_unit_that_never_came() -> None:
    with pytest.raises(load("outcome", "module_utils").Impossible, match="there is no such unit"):
        work(FakeSystemd(), enabled="true")
    assert not work(FakeSystemd(), enabled="false", running=False).items


def test_a_condition_that_is_not_met_is_reported() -> None:
    systemd = FakeSystemd({"x.service": ["enabled", False]}, unmet={"x.service"})
    for check in (True, False):
        outcome = work(systemd, check=check, enabled="true", running=True)
        assert not outcome.items
        assert [entry["subject"] for entry in outcome.unsettable] == ["x.service"]


@pytest.mark.parametrize("unit", [{"name": "ssh"}, {"enabled": "perhaps"}, {"enabled": "masked", "running": True}])
def test_bad_units(unit: dict[str, Any]) -> None:
    with pytest.raises(load("outcome", "module_utils").Impossible):
        work(FakeSystemd(), check=True, **unit)
