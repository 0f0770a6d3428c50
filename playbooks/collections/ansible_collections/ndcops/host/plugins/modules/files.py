#!/usr/bin/python
"""Whole files: content, mode and owner, each tried by a program before anything is replaced."""

from __future__ import annotations

import os
import shlex
import tempfile
from typing import NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ndcops.host.plugins.module_utils import placing
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome, run_module
from ansible_collections.ndcops.host.plugins.module_utils.programs import Programs

DOCUMENTATION = r"""
module: files
short_description: Whole files
description:
  - Puts whole files in place, or removes them. Parents are made with mode 0755. A symbolic link is replaced.
  - All files are tried by their O(files[].validate) before the first one is replaced.
options:
  files:
    description: The files.
    type: list
    elements: dict
    required: true
    suboptions:
      path: {type: path, required: true, description: Absolute path.}
      content: {type: str, description: The whole text.}
      absent: {type: bool, default: false, description: There is no such file.}
      comes_with_package:
        type: bool
        default: false
        description: With O(files[].absent), a package of this play brings the file; a check predicts its removal.
      mode: {type: str, default: "0644", description: Octal mode in quotes.}
      owner: {type: str, default: root, description: Name or number.}
      group: {type: str, default: root, description: Name or number.}
      validate:
        type: str
        description: Command with %s for a copy of the file; left out in check mode while it is not installed.
author: [ndcops]
"""

EXAMPLES = r"""
- name: ssh-server | Only operators with keys come in
  ndcops.host.files:
    files:
      - path: /etc/ssh/sshd_config
        content: "{{ lookup('ansible.builtin.template', 'sshd_config.j2') }}"
        mode: "0600"
        validate: sshd -t -f %s
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
"""

FILE = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str"},
    "absent": {"type": "bool", "default": False},
    "comes_with_package": {"type": "bool", "default": False},
    "mode": {"type": "str", "default": "0644"},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "validate": {"type": "str"},
}


class Step(NamedTuple):
    """What has to happen at one path."""

    path: str
    text: str | None
    wanted: placing.Attributes
    new_text: bool
    validate: str | None


def planned(file: dict, outcome: Outcome, *, check: bool) -> Step | None:
    """Compare one wanted file with what stands there; note the differences."""
    path = file["path"]
    if not os.path.isabs(path):
        raise Impossible(f"{path} is not an absolute path")
    if (file["content"] is None) != file["absent"]:
        raise Impossible(f"{path}: give either content or absent: true")
    now = placing.standing(path)
    if file["absent"]:
        if now.text is None and not (check and file["comes_with_package"]):
            return None
        outcome.replace_text(path, now.text if now.text is not None else "comes with its package", None)
        return Step(path, None, placing.Attributes(None, None, None), False, None)
    wanted = placing.attributes(file["mode"], file["owner"], file["group"], check=check)
    new_text = now.link is not None or now.text != file["content"]
    if new_text:
        outcome.replace_text(path, now.text, file["content"])
    other = now.text is not None and now.link is None
    if not (other and placing.differing_attributes(path, now, wanted, outcome)) and not new_text:
        return None
    return Step(path, file["content"], wanted, new_text, file["validate"])


def tried(step: Step, programs: Programs, scratch: str, *, check: bool) -> None:
    """Let the validating program read a copy of the new text; raises Impossible when it says no."""
    if step.validate is None or step.text is None or not step.new_text:
        return
    try:
        command = shlex.split(step.validate)
    except ValueError as error:
        raise Impossible(f"{step.path}: validate is no command: {error}") from None
    if "%s" not in step.validate:
        raise Impossible(f"{step.path}: validate lacks %s: {step.validate}")
    if check and not programs.has(command[0]):
        return
    with tempfile.TemporaryDirectory(dir=scratch, prefix="ndcops-") as folder:
        copy = os.path.join(folder, os.path.basename(step.path))
        placing.write_whole(copy, step.text, placing.Attributes(0o600, None, None))
        answer = programs.run(*(word.replace("%s", copy) for word in command))
        if answer.code != 0:
            said = answer.last_words().replace(copy, step.path)
            raise Impossible(f"{step.path}: {command[0]} refuses the new text, nothing was replaced: {said}")


def work(params: dict, outcome: Outcome, *, check: bool, programs: Programs, scratch: str) -> None:
    """Plan all files, try all, then place all."""
    paths = [file["path"] for file in params["files"]]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise Impossible(f"named twice: {', '.join(twice)}")
    due = Outcome()
    steps = [step for file in params["files"] if (step := planned(file, due, check=check)) is not None]
    for step in steps:
        tried(step, programs, scratch, check=check)
    outcome.items, outcome.diff = due.items, due.diff
    if check:
        return
    for step in steps:
        if step.text is None:
            placing.remove(step.path)
        elif step.new_text:
            placing.write_whole(step.path, step.text, step.wanted)
        else:
            placing.set_attributes(step.path, step.wanted)


def in_ansible(module: AnsibleModule, outcome: Outcome) -> None:
    """Take the module's parameters."""
    work(module.params, outcome, check=module.check_mode, programs=Programs(), scratch=module.tmpdir)


def main() -> None:
    """Run the module."""
    run_module(
        {"files": {"type": "list", "elements": "dict", "required": True, "options": FILE}},
        in_ansible,
    )


if __name__ == "__main__":
    main()
