#!/usr/bin/python
"""Modes and owners of files and folders that are there."""

from __future__ import annotations

import glob
import os
import stat

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ndcops.host.plugins.module_utils import placing
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome, run_module

DOCUMENTATION = r"""
module: modes
short_description: Modes and owners
description: Missing paths are left out, symbolic links are never followed.
options:
  paths:
    description: The paths.
    type: list
    elements: dict
    required: true
    suboptions:
      path: {type: path, required: true, description: "Absolute path or pattern with *, ? and **."}
      mode: {type: str, description: Octal mode in quotes.}
      owner: {type: str, description: Name or number.}
      group: {type: str, description: Name or number.}
      at_most: {type: bool, default: false, description: Bits of the mode are only taken away.}
      comes_with_package:
        type: bool
        default: false
        description: A package of this play brings the path with another mode, so a check predicts the change.
author: [ndcops]
"""

EXAMPLES = r"""
- name: scheduled-jobs | Only root sees what is scheduled
  ndcops.host.modes:
    paths:
      - {path: /etc/crontab, mode: "0600", owner: root, group: root, comes_with_package: true}
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
"""

PATH = {
    "path": {"type": "path", "required": True},
    "mode": {"type": "str"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "at_most": {"type": "bool", "default": False},
    "comes_with_package": {"type": "bool", "default": False},
}


def matching(pattern: str) -> list[str]:
    """Return the paths of a pattern, hidden ones too; a path that exists stands for itself."""
    if os.path.lexists(pattern):
        return [pattern]
    return sorted(glob.glob(pattern, recursive=True, include_hidden=True))


def settle(path: str, entry: dict, outcome: Outcome, *, check: bool) -> bool:
    """Bring one path to its mode and owner; return False for a symbolic link or a path just gone."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(status.st_mode):
        return False
    now = placing.Standing("", None, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    wanted = placing.attributes(entry["mode"], entry["owner"], entry["group"], check=check)
    if wanted.mode is not None and entry["at_most"]:
        wanted = wanted._replace(mode=now.mode & wanted.mode)
    if placing.differing_attributes(path, now, wanted, outcome) and not check:
        # chown takes set-id bits away: the mode is set again even when it was right.
        placing.set_attributes(path, wanted._replace(mode=now.mode if wanted.mode is None else wanted.mode))
    return True


def work(params: dict, outcome: Outcome, *, check: bool) -> None:
    """Settle every path; the later of two entries for one path would undo the earlier, so that is refused."""
    owners: dict[str, str] = {}
    for entry in params["paths"]:
        pattern = entry["path"]
        if not os.path.isabs(pattern):
            raise Impossible(f"{pattern} is not an absolute path")
        found = matching(pattern)
        for path in found:
            if owners.setdefault(path, pattern) != pattern and not entry["at_most"]:
                raise Impossible(f"{path} is named by {owners[path]} and by {pattern}")
        there = [settle(path, entry, outcome, check=check) for path in found]
        if any(there):
            continue
        if check and entry["comes_with_package"]:
            outcome.change(f"{pattern} mode", None, entry["mode"])
        else:
            outcome.skip(pattern, "there is no such path on this host")


def in_ansible(module: AnsibleModule, outcome: Outcome) -> None:
    """Take the module's parameters."""
    work(module.params, outcome, check=module.check_mode)


def main() -> None:
    """Run the module."""
    run_module(
        {"paths": {"type": "list", "elements": "dict", "required": True, "options": PATH}},
        in_ansible,
    )


if __name__ == "__main__":
    main()
