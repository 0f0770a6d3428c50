#!/usr/bin/python
"""Keys in a file that belongs to a package: one active line a key, everything else as it was."""

from __future__ import annotations

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ndcops.host.plugins.module_utils import placing
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome, run_module

DOCUMENTATION = r"""
module: settings
short_description: Keys in a file of a package
description:
  - The first active line of a key gets the value, further ones go. Without one, the first commented line that
    holds just the key and a value is used, else a line is appended. An empty value (null) removes the key.
options:
  path: {type: path, required: true, description: The file.}
  settings: {type: dict, required: true, description: "Key to value; numbers and quoted texts."}
  separator: {type: str, default: " ", choices: [" ", "=", " = "], description: Between key and value.}
  comment: {type: str, default: "#", description: Starts a comment.}
  comes_with_package:
    type: bool
    default: false
    description: The file comes with a package of this play; it is never made, and a check predicts the change.
author: [ndcops]
"""

EXAMPLES = r"""
- name: account-ages | New accounts get ages
  ndcops.host.settings:
    path: /etc/login.defs
    settings: {PASS_MAX_DAYS: "365", UMASK: "077"}
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
"""

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "settings": {"type": "dict", "required": True},
    "separator": {"type": "str", "default": " ", "choices": [" ", "=", " = "]},
    "comment": {"type": "str", "default": "#"},
    "comes_with_package": {"type": "bool", "default": False},
}


class Syntax:
    """How lines of the file look."""

    def __init__(self, separator: str, comment: str) -> None:
        self.separator = separator
        self.comment = re.escape(comment)

    def active(self, key: str) -> re.Pattern[str]:
        """Match an active line of the key; group 1 is the value."""
        between = r"(?:[ \t]+|$)" if self.separator == " " else r"[ \t]*=[ \t]*"
        return re.compile(rf"[ \t]*{re.escape(key)}{between}(.*)")

    def commented(self, key: str) -> re.Pattern[str]:
        """Match a commented setting; for keys parted by spaces only one word may follow, more is prose."""
        between, value = (r"[ \t]+", r"\S+") if self.separator == " " else (r"[ \t]*=[ \t]*", ".*")
        return re.compile(rf"[ \t]*{self.comment}[ \t]*{re.escape(key)}{between}{value}[ \t]*")

    def line(self, key: str, value: str) -> str:
        """Return the line of a key."""
        return f"{key}{self.separator}{value}"

    def is_right(self, key: str, value: str, line: str) -> bool:
        """Tell whether the line gives the key the value; with a bare = spaces would be part of it."""
        if self.separator == "=":
            return line.strip() == self.line(key, value)
        found = self.active(key).fullmatch(line)
        return found is not None and found[1].split() == value.split()


def text_of(key: str, value: object) -> str | None:
    """Return a value as text; raises Impossible on what YAML may have changed already."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Impossible(f"{key}: put the value in quotes")
    text = str(value).strip()
    if "\n" in text:
        raise Impossible(f"{key}: the value has more than one line")
    return text


def with_setting(lines: list[str], key: str, value: str | None, syntax: Syntax) -> list[str]:
    """Return the lines with one setting as wanted."""
    places = [index for index, line in enumerate(lines) if syntax.active(key).fullmatch(line)]
    if value is None:
        return [line for index, line in enumerate(lines) if index not in places]
    if not places:
        commented = (index for index, line in enumerate(lines) if syntax.commented(key).fullmatch(line))
        first = next(commented, None)
        if first is None:
            return [*lines, syntax.line(key, value)]
        return [*lines[:first], syntax.line(key, value), *lines[first + 1 :]]
    kept = lines[places[0]] if syntax.is_right(key, value, lines[places[0]]) else syntax.line(key, value)
    return [
        kept if index == places[0] else line
        for index, line in enumerate(lines)
        if index == places[0] or index not in places
    ]


def value_now(lines: list[str], key: str, syntax: Syntax) -> str | None:
    """Return the values that the file gives a key now, None for none."""
    found = [match[1].strip() for line in lines if (match := syntax.active(key).fullmatch(line))]
    return "; ".join(found) if found else None


def work(params: dict, outcome: Outcome, *, check: bool) -> None:
    """Work out the new text and put it in place when it differs."""
    path, syntax = params["path"], Syntax(params["separator"], params["comment"])
    values = {str(key): text_of(str(key), value) for key, value in params["settings"].items()}
    path = os.path.realpath(path)
    now = placing.standing(path)
    if now.text is None and params["comes_with_package"] and not check:
        raise Impossible(f"{path} is missing: its package is not installed")
    before = (now.text or "").split("\n")
    lines = before[:-1] if before[-1] == "" else before
    after = lines
    for key, value in values.items():
        changed = with_setting(after, key, value, syntax)
        if changed != after:
            outcome.change(f"{path} {key}", value_now(after, key, syntax), value)
        after = changed
    if after == lines:
        return
    text = "\n".join(after) + "\n"
    outcome.diff.append({"before_header": path, "after_header": path, "before": now.text or "", "after": text})
    if not check:
        mode = now.mode if now.text is not None else 0o644
        owner = (now.uid, now.gid) if now.text is not None else (None, None)
        placing.write_whole(path, text, placing.Attributes(mode, *owner))


def in_ansible(module: AnsibleModule, outcome: Outcome) -> None:
    """Take the module's parameters."""
    work(module.params, outcome, check=module.check_mode)


def main() -> None:
    """Run the module."""
    run_module(ARGUMENTS, in_ansible)


if __name__ == "__main__":
    main()
