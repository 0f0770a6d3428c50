#!/usr/bin/python
"""Systemd units: enabled, disabled or masked, running or not."""

from __future__ import annotations

from typing import NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome, run_module
from ansible_collections.ndcops.host.plugins.module_utils.programs import Programs

DOCUMENTATION = r"""
module: units
short_description: States of systemd units
description:
  - A unit whose conditions are not met on this machine counts as right once it is enabled, and is reported.
  - A unit that is not there yet is predicted to arrive as wanted, unless O(units[].arrives) says otherwise.
options:
  units:
    description: The units.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {type: str, required: true, description: Full name such as ssh.service.}
      enabled: {type: str, description: "V(true), V(false) or V(masked)."}
      running: {type: bool, description: Whether it runs.}
      arrives:
        type: str
        choices: [wanted, "on", "off"]
        default: wanted
        description: State in which this play's package or file brings the unit.
author: [ndcops]
"""

EXAMPLES = r"""
- name: time-sync | Chrony alone keeps the clock
  ndcops.host.units:
    units:
      - {name: chrony.service, enabled: true, running: true}
      - {name: systemd-timesyncd.service, enabled: masked, running: false}
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
unsettable: {type: list, returned: always, description: Units that cannot run on this machine.}
"""

UNIT = {
    "name": {"type": "str", "required": True},
    "enabled": {"type": "str"},
    "running": {"type": "bool"},
    "arrives": {"type": "str", "choices": ["wanted", "on", "off"], "default": "wanted"},
}
# Words of `systemctl is-enabled` that need no enabling; static and the like have nothing to enable.
ENABLED = {"enabled", "static", "indirect", "alias", "generated", "transient"}
DISABLED = {"disabled", "static", "indirect", "generated", "transient", "masked", "masked-runtime", "not-found"}
UP = {"active", "activating", "reloading"}
PROPERTIES = "LoadState,ActiveState,NeedDaemonReload"


class Wanted(NamedTuple):
    """Wanted state of one unit; enabled is true, false, masked or None."""

    name: str
    enabled: str | None
    running: bool | None
    arrives: str


class State(NamedTuple):
    """State of one unit in the words of systemctl."""

    load: str
    active: str
    enabled: str
    stale: bool

    @property
    def there(self) -> bool:
        """Tell whether the host knows the unit; a bare mask is not a unit."""
        return self.load not in {"not-found", "masked"} and self.enabled != "not-found"


def wanted_of(unit: dict) -> Wanted:
    """Return the wish in plain words; raises Impossible on a wish that contradicts itself."""
    name, enabled = unit["name"], unit["enabled"]
    if "." not in name:
        raise Impossible(f"{name}: give the full name, for example {name}.service")
    if enabled is not None:
        enabled = {"yes": "true", "no": "false"}.get(enabled.lower(), enabled.lower())
        if enabled not in {"true", "false", "masked"}:
            raise Impossible(f"{name}: enabled is {enabled!r}, not true, false or masked")
    if enabled == "masked" and unit["running"]:
        raise Impossible(f"{name}: a masked unit cannot run")
    return Wanted(name, enabled, unit["running"], unit["arrives"])


def state_of(name: str, programs: Programs) -> State:
    """Ask systemd about one unit."""
    shown = programs.must("systemctl", "show", f"--property={PROPERTIES}", name)
    properties = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    words = programs.run("systemctl", "is-enabled", name).out.split()
    return State(
        properties.get("LoadState", "not-found"),
        properties.get("ActiveState", "inactive"),
        words[0] if words else "not-found",
        properties.get("NeedDaemonReload") == "yes",
    )


def enabling(wanted: Wanted, now: State) -> list[str]:
    """Return the systemctl verbs that make the unit start, or not start, with the host."""
    if wanted.enabled == "masked":
        return [] if now.enabled == "masked" else ["mask"]
    if wanted.enabled == "true":
        verbs = ["unmask"] if now.enabled.startswith("masked") else []
        return verbs if now.enabled in ENABLED else [*verbs, "enable"]
    if wanted.enabled == "false":
        return [] if now.enabled in DISABLED else ["disable"]
    return []


def arriving(wanted: Wanted) -> State:
    """Return the state that a unit not there yet will have when its package or file has come."""
    if wanted.arrives == "wanted":
        enabled, active = wanted.enabled != "false", wanted.running is not False
    else:
        enabled = active = wanted.arrives == "on"
    return State("loaded", "active" if active else "inactive", "enabled" if enabled else "disabled", False)


def runs(wanted: Wanted, now: State, programs: Programs, outcome: Outcome, *, known: bool) -> list[str]:
    """Return the systemctl verbs that make the unit run, or not."""
    if wanted.running is None or wanted.running == (now.active in UP):
        return []
    if not wanted.running:
        return ["stop"] if now.active in UP else []
    if known and programs.run("systemd-analyze", "condition", f"--unit={wanted.name}").code != 0:
        outcome.cannot(wanted.name, "running", "a condition of the unit is not met on this machine")
        return []
    return ["start"]


def settle(wanted: Wanted, programs: Programs, outcome: Outcome, *, check: bool) -> None:
    """Bring one unit into its state, or note what that takes."""
    now = state_of(wanted.name, programs)
    if now.stale and not check:
        programs.must("systemctl", "daemon-reload")
        now = state_of(wanted.name, programs)
    seen = now
    if not now.there and wanted.enabled != "masked":
        if wanted.enabled in {"false", None} and not wanted.running and wanted.arrives == "wanted":
            outcome.skip(wanted.name, "there is no such unit on this host")
            return
        masked = now.enabled.startswith("masked") or now.load == "masked"
        if not check and not masked:
            if wanted.enabled == "true" or wanted.running:
                raise Impossible(f"{wanted.name}: there is no such unit on this host")
            return
        seen = now if masked else arriving(wanted)
    verbs = enabling(wanted, seen) + runs(wanted, seen, programs, outcome, known=now.there)
    if not verbs:
        return
    outcome.change(wanted.name, f"{now.enabled}, {now.active}", wish(wanted))
    if not check:
        carry_out(wanted, verbs, programs)


def carry_out(wanted: Wanted, verbs: list[str], programs: Programs) -> None:
    """Run the verbs; a unit that does not come up fails with what systemd says of it."""
    for verb in verbs:
        answer = programs.run("systemctl", verb, wanted.name)
        if answer.code != 0:
            status = programs.run("systemctl", "status", "--no-pager", "--lines=5", wanted.name).out
            raise Impossible(f"systemctl {verb} {wanted.name}: {answer.last_words()}\n{status}")


def wish(wanted: Wanted) -> str:
    """Return the wish in systemctl's words."""
    words = {"true": "enabled", "false": "disabled", "masked": "masked", None: ""}[wanted.enabled]
    state = {True: "active", False: "inactive", None: ""}[wanted.running]
    return ", ".join(word for word in (words, state) if word)


def work(params: dict, outcome: Outcome, *, check: bool, programs: Programs) -> None:
    """Settle every unit in the order given."""
    for unit in [wanted_of(unit) for unit in params["units"]]:
        settle(unit, programs, outcome, check=check)


def in_ansible(module: AnsibleModule, outcome: Outcome) -> None:
    """Take the module's parameters."""
    work(module.params, outcome, check=module.check_mode, programs=Programs())


def main() -> None:
    """Run the module."""
    run_module(
        {"units": {"type": "list", "elements": "dict", "required": True, "options": UNIT}},
        in_ansible,
    )


if __name__ == "__main__":
    main()
