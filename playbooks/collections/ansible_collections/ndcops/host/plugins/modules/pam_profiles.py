#!/usr/bin/python
"""Profiles of Debian's pam-auth-update, in the order given."""

from __future__ import annotations

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ndcops.host.plugins.module_utils import placing
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome, run_module
from ansible_collections.ndcops.host.plugins.module_utils.programs import Programs

DOCUMENTATION = r"""
module: pam_profiles
short_description: Profiles of pam-auth-update
description:
  - Writes profiles and has pam-auth-update put them into /etc/pam.d/common-*. Lines that somebody changed there by
    hand are made again.
options:
  profiles:
    description: The profiles, enabled together.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {type: str, required: true, description: Name of the file below /usr/share/pam-configs.}
      content: {type: str, required: true, description: Text of the profile.}
author: [ndcops]
"""

EXAMPLES = r"""
- name: pam-lockout | Accounts wait after failed passwords
  ndcops.host.pam_profiles:
    profiles:
      - {name: ndcops-faillock, content: "{{ lookup('ansible.builtin.template', 'pam-faillock.j2') }}"}
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
"""

PROFILE = {
    "name": {"type": "str", "required": True},
    "content": {"type": "str", "required": True},
}
STACKS = ("auth", "account", "password", "session", "session-noninteractive")
# Headings that pam-auth-update puts around its two blocks.
BLOCKS = {
    "Primary": ("# here are the per-package modules", "# here's the fallback if no module succeeds"),
    "Additional": ("# and here are more per-package modules", "# end of pam-auth-update config"),
}
FIELD = re.compile(r"(\S+):\s+(.*?)\s*")


class Profile:
    """One profile, read as pam-auth-update reads it."""

    def __init__(self, name: str, content: str) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
            raise Impossible(f"{name!r} is not the name of a PAM profile")
        self.name = name
        self.content = content if content.endswith("\n") else content + "\n"
        self.fields: dict[str, list[str]] = {}
        current = None
        for line in self.content.splitlines():
            heading = FIELD.fullmatch(line) or re.fullmatch(r"(\S+):()", line)
            if heading:
                current = self.fields.setdefault(heading[1], [heading[2]] if heading[2] else [])
            elif line.strip() and current is not None:
                current.append(line.strip())
        if not {"Name", "Default", "Priority"} <= self.fields.keys():
            raise Impossible(f"PAM profile {name} lacks Name, Default or Priority")

    @property
    def conflicts(self) -> set[str]:
        """Return the names of profiles that may not be enabled beside this one."""
        return {name.strip() for line in self.fields.get("Conflicts", []) for name in line.split(",")}

    def lines(self, stack: str, *, first: bool) -> list[str]:
        """Return the profile's lines in a stack; the first profile of a block has its Initial form."""
        field = "Session" if stack.startswith("session") else stack.capitalize()
        if stack == "session-noninteractive" and self.fields.get("Session-Interactive-Only") == ["yes"]:
            return []
        plain = self.fields.get(field, [])
        return (self.fields.get(f"{field}-Initial") or plain) if first else plain

    def block(self, stack: str) -> str:
        """Return Primary or Additional."""
        field = "Session" if stack.startswith("session") else stack.capitalize()
        return next(iter(self.fields.get(f"{field}-Type", [])), "")


def block_lines(text: str, block: str) -> list[str] | None:
    """Return the lines of one managed block, None when its headings are gone."""
    start, end = BLOCKS[block]
    lines = text.splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith(start)]
    ends = [index for index, line in enumerate(lines) if line.startswith(end)]
    return lines[starts[0] + 1 : ends[0]] if starts and ends and starts[0] < ends[0] else None


def as_written(form: list[str], kind: str, first: int, total: int, block: str) -> list[str]:
    """Return lines as pam-auth-update writes them, blanks included; end becomes the jump over the block."""
    written = []
    for offset, line in enumerate(form):
        jump = total - first - offset - (block == "Additional")
        control, rest = re.fullmatch(r"(\[[^]]*\]|\w+)(\s+.*)", line).groups()  # type: ignore[union-attr]
        written.append(f"{kind}\t" + re.sub(r"\bend\b", str(jump), control) + rest)
    return written


def words_of(lines: list[str]) -> list[list[str]]:
    """Return the words of lines."""
    return [line.split() for line in lines]


def missing_in(stack: str, profile: Profile, folder: str) -> bool:
    """Tell whether /etc/pam.d/common-STACK lacks the profile's lines as pam-auth-update would write them."""
    block = profile.block(stack)
    if block not in BLOCKS or not profile.lines(stack, first=False):
        return False
    text = placing.standing(os.path.join(folder, f"common-{stack}")).text
    lines = block_lines(text or "", block)
    if lines is None:
        return True
    words = words_of(lines)
    kind = stack.removesuffix("-noninteractive")
    for start in range(len(words)):
        form = profile.lines(stack, first=start == 0)
        if words[start : start + len(form)] == words_of(as_written(form, kind, start, len(words), block)):
            return False
    return True


def lacking(profile: Profile, root: str) -> str | None:
    """Return what is wrong with an enabled profile, None when all is right."""
    stacks = [stack for stack in STACKS if missing_in(stack, profile, os.path.join(root, "etc/pam.d"))]
    if stacks:
        return "not in " + ", ".join(f"common-{stack}" for stack in stacks)
    enabled: set[str] = set()
    for stack in STACKS:
        saved = placing.standing(os.path.join(root, "var/lib/pam", stack)).text or ""
        enabled.update(line.removeprefix("Module: ") for line in saved.splitlines() if line.startswith("Module: "))
    rivals = sorted(profile.conflicts & enabled)
    return f"beside {', '.join(rivals)}" if rivals else None


def work(params: dict, outcome: Outcome, *, check: bool, programs: Programs, root: str = "/") -> None:
    """Write the profiles, then enable them together when any of them is new, changed or lacking."""
    profiles = [Profile(entry["name"], entry["content"]) for entry in params["profiles"]]
    due = False
    for profile in profiles:
        path = os.path.join(root, "usr/share/pam-configs", profile.name)
        now = placing.standing(path)
        if now.text != profile.content:
            due = True
            outcome.replace_text(path, now.text, profile.content)
            if not check:
                wanted = placing.attributes("0644", str(os.geteuid()), str(os.getegid()), check=check)
                placing.write_whole(path, profile.content, wanted)
        wrong = lacking(profile, root)
        if wrong is not None:
            due = True
            outcome.change(f"PAM profile {profile.name}", wrong, "enabled")
    if due and not check:
        enable(profiles, programs, root)


def drop_options(profiles: list[Profile], root: str) -> None:
    """Give a profile's lines their own options back: pam-auth-update keeps hand-made ones, though forced.

    Its diff_profiles takes a line whose control and module are a profile's own as that line with local options,
    and writes these options again.
    """
    folder = os.path.join(root, "etc/pam.d")
    for profile in profiles:
        for stack in (stack for stack in STACKS if missing_in(stack, profile, folder)):
            path = os.path.join(folder, f"common-{stack}")
            text = placing.standing(path).text or ""
            right = with_own_options(text, stack, profile)
            if right != text:
                wanted = placing.attributes("0644", str(os.geteuid()), str(os.getegid()), check=False)
                placing.write_whole(path, right, wanted)


def with_own_options(text: str, stack: str, profile: Profile) -> str:
    """Return the stack's text in which the profile's lines, found by their modules, are as the profile says."""
    block = profile.block(stack)
    lines = block_lines(text, block)
    if lines is None:
        return text
    for start in range(len(lines)):
        form = profile.lines(stack, first=start == 0)
        ours = as_written(form, stack.removesuffix("-noninteractive"), start, len(lines), block)
        there = lines[start : start + len(form)]
        if [modules(words) for words in words_of(there)] == [modules(words) for words in words_of(ours)]:
            made = "".join(line + "\n" for line in ours)
            return text.replace("".join(line + "\n" for line in there), made, 1)
    return text


def modules(words: list[str]) -> list[str]:
    """Return the module that a line names."""
    return [word for word in words if word.endswith(".so")]


def enable(profiles: list[Profile], programs: Programs, root: str) -> None:
    """Have pam-auth-update write the stacks; when hand-made changes stop it, the stacks are made anew."""
    names = [profile.name for profile in profiles]
    drop_options(profiles, root)
    for force in ([], ["--force"]):
        copies = copies_of_stacks(root)
        programs.must("pam-auth-update", *force, "--package", "--enable", *names)
        put_back(copies)
        wrong = {profile.name: lacking(profile, root) for profile in profiles}
        if not any(wrong.values()):
            return
    said = "; ".join(f"{name}: {why}" for name, why in wrong.items() if why)
    raise Impossible(f"pam-auth-update did not enable the profiles: {said}")


def copies_of_stacks(root: str) -> dict[str, placing.Standing]:
    """Return what stands where pam-auth-update, forced, copies each stack to before it writes it."""
    paths = [os.path.join(root, "etc/pam.d", f"common-{stack}.pam-old") for stack in STACKS]
    return {path: placing.standing(path) for path in paths}


def put_back(copies: dict[str, placing.Standing]) -> None:
    """Let no copy of a drifted stack stay: what stood before is kept by whoever called."""
    for path, before in copies.items():
        if before == placing.standing(path):
            continue
        if before.text is None:
            os.remove(path)
        else:
            wanted = placing.Attributes(before.mode, before.uid, before.gid)
            placing.write_whole(path, before.text, wanted)


def in_ansible(module: AnsibleModule, outcome: Outcome) -> None:
    """Take the module's parameters."""
    work(module.params, outcome, check=module.check_mode, programs=Programs())


def main() -> None:
    """Run the module."""
    run_module(
        {"profiles": {"type": "list", "elements": "dict", "required": True, "options": PROFILE}},
        in_ansible,
    )


if __name__ == "__main__":
    main()
