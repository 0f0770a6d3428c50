#!/usr/bin/python
"""Kernel parameters: a file of sysctl.d and the live values."""

from __future__ import annotations

import errno
import glob
import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ndcops.host.plugins.module_utils import placing
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome, run_module

DOCUMENTATION = r"""
module: kernel
short_description: Kernel parameters
description:
  - Writes the file for the next start and sets the live values now.
  - A parameter that this kernel lacks, or whose live value is read-only here, is reported and not a change.
options:
  file: {type: path, required: true, description: File below /etc/sysctl.d.}
  parameters: {type: dict, required: true, description: "Name to value; a name may hold *."}
author: [ndcops]
"""

EXAMPLES = r"""
- name: network-parameters | The network stack follows no redirects
  ndcops.host.kernel:
    file: /etc/sysctl.d/90-ndcops.conf
    parameters: {net.ipv4.conf.all.accept_redirects: 0}
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
unsettable: {type: list, returned: always, description: Live values that this machine does not give.}
"""

ARGUMENTS = {
    "file": {"type": "path", "required": True},
    "parameters": {"type": "dict", "required": True},
}
LIVE = "/proc/sys"
NAME = re.compile(r"[A-Za-z0-9_*-]+([./][A-Za-z0-9_*:@-]+)+")
HEADING = "# Written by ndcops; edits are overwritten.\n"


def text_of(name: str, value: object) -> str:
    """Return a value as the kernel prints it, parts of a list with one space between; raises Impossible."""
    if not NAME.fullmatch(name):
        raise Impossible(f"{name!r} is not the name of a kernel parameter")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Impossible(f"{name}: the value must be a number or a text")
    text = " ".join(str(value).split())
    if not text:
        raise Impossible(f"{name}: the value is empty")
    return text


def live_paths(name: str, live: str) -> list[str]:
    """Return the files of a parameter; in a name without slashes the dots part folders, as in sysctl.d(5)."""
    relative = name if "/" in name.split(".")[0] else name.translate(str.maketrans("./", "/."))
    path = os.path.join(live, relative)
    return sorted(glob.glob(path)) if "*" in path else [path] * os.path.exists(path)


def why_fixed(path: str) -> str | None:
    """Return why the live value cannot be written, None when it can; opening alone changes nothing."""
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError as error:
        return reason(error)
    return None


def reason(error: OSError) -> str:
    """Return a refusal in words."""
    if error.errno == errno.EROFS:
        return "the live value is read-only on this machine"
    return f"the kernel refuses it: {error.strerror}"


def settle(path: str, name: str, value: str, outcome: Outcome, *, check: bool) -> None:
    """Bring one live value to the wanted one, or report why not."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            now = " ".join(file.read().split())
    except OSError as error:
        outcome.cannot(name, value, f"the kernel does not show it: {error.strerror}")
        return
    if now == value:
        return
    fixed = why_fixed(path)
    if fixed is None and not check:
        try:
            with open(path, "w", encoding="ascii") as file:
                file.write(value)
        except OSError as error:
            fixed = reason(error)
    if fixed is None:
        outcome.change(name, now, value)
    else:
        outcome.cannot(name, value, f"{fixed} (it is {now})")


def work(params: dict, outcome: Outcome, *, check: bool, live: str = LIVE) -> None:
    """Write the file, then the live values."""
    values = {str(name): text_of(str(name), value) for name, value in params["parameters"].items()}
    text = HEADING + "".join(f"{name} = {values[name]}\n" for name in sorted(values, key=routing_first))
    now = placing.standing(params["file"])
    wanted = placing.attributes("0644", str(os.geteuid()), str(os.getegid()), check=check)
    if now.text != text:
        outcome.replace_text(params["file"], now.text, text)
        if not check:
            placing.write_whole(params["file"], text, wanted)
    elif placing.differing_attributes(params["file"], now, wanted, outcome) and not check:
        placing.set_attributes(params["file"], wanted)
    settle_all(values, outcome, check=check, live=live)
    if not check:
        # One parameter may reset others (all.* every interface): what the first round undid is set again.
        settle_all(values, Outcome(), check=False, live=live)


def settle_all(values: dict[str, str], outcome: Outcome, *, check: bool, live: str) -> None:
    """Set every live value; a name with * leaves out what another name gives, as systemd-sysctl does."""
    plain = {path for name in values if "*" not in name for path in live_paths(name, live)}
    for name in sorted(values, key=routing_first):
        paths = live_paths(name, live)
        if not paths:
            outcome.cannot(name, values[name], "this kernel has no such parameter")
        for path in paths:
            if "*" not in name or path not in plain:
                settle(path, os.path.relpath(path, live).replace("/", "."), values[name], outcome, check=check)


def routing_first(name: str) -> tuple[bool, str]:
    """Order parameters: switching forwarding resets redirects (net/ipv4/devinet.c), so it comes before them."""
    return "forward" not in name, name


def in_ansible(module: AnsibleModule, outcome: Outcome) -> None:
    """Take the module's parameters."""
    work(module.params, outcome, check=module.check_mode)


def main() -> None:
    """Run the module."""
    run_module(ARGUMENTS, in_ansible)


if __name__ == "__main__":
    main()
