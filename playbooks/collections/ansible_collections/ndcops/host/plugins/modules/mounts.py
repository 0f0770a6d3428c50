#!/usr/bin/python
"""Mount options: in fstab or in a drop-in of the mount's unit, and on the live mount."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ndcops.host.plugins.module_utils import placing
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome, run_module
from ansible_collections.ndcops.host.plugins.module_utils.programs import Programs

DOCUMENTATION = r"""
module: mounts
short_description: Options of mounts
description:
  - Adds options to the line of fstab, else to the unit that systemd brings, and to the live mount.
  - A path that is no mount of its own is left out and reported, unless it may be bound onto itself.
options:
  mounts:
    description: The mounts.
    type: list
    elements: dict
    required: true
    suboptions:
      path: {type: path, required: true, description: Mount point.}
      options: {type: list, elements: str, required: true, description: "Among nodev, nosuid, noexec."}
      fstab: {type: str, description: Line for fstab where it has none for this mount point.}
      bind: {type: bool, default: false, description: A folder that is no mount is bound onto itself.}
author: [ndcops]
"""

EXAMPLES = r"""
- name: mount-options | Places for data run no programs
  ndcops.host.mounts:
    mounts:
      - {path: /tmp, options: [nodev, nosuid, noexec]}
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
unsettable: {type: list, returned: always, description: Live mounts that refuse the options.}
"""

MOUNT = {
    "path": {"type": "path", "required": True},
    "options": {"type": "list", "elements": "str", "required": True},
    "fstab": {"type": "str"},
    "bind": {"type": "bool", "default": False},
}
# Options of a mount point, not of its file system: a bind remount sets exactly these.
OPPOSITES = {"nodev": "dev", "nosuid": "suid", "noexec": "exec"}
DROP_IN = "50-ndcops.conf"


class Place(NamedTuple):
    """Where mounts are kept on this host; a test names its own folders."""

    mountinfo: str = "/proc/self/mountinfo"
    fstab: str = "/etc/fstab"
    shipped_units: tuple[str, ...] = ("/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
    own_units: str = "/etc/systemd/system"


def plain(field: str) -> str:
    """Return a field of fstab or mountinfo without its octal escapes."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)


def live_options(place: Place) -> dict[str, list[str]]:
    """Return the options of every mount point; of two mounts on one path the later one is seen."""
    with open(place.mountinfo, encoding="utf-8", errors="surrogateescape") as table:
        return {plain(words[4]): words[5].split(",") for words in map(str.split, table)}


def bound_onto_themselves(place: Place) -> set[str]:
    """Return the mount points that show the folder which lies below them (mountinfo's root is their path)."""
    with open(place.mountinfo, encoding="utf-8", errors="surrogateescape") as table:
        return {plain(words[4]) for words in map(str.split, table) if words[3] != "/" and words[3] == words[4]}


def more(options: list[str], wanted: list[str]) -> list[str]:
    """Return the options with the wanted ones; what says the opposite goes."""
    kept = [option for option in options if option not in {OPPOSITES[name] for name in wanted}]
    return [*kept, *(name for name in wanted if name not in kept)]


def with_fstab(text: str, mount: dict) -> str:
    """Return fstab with the wanted options; a line is appended when there is none and one was given."""
    lines, found = text.splitlines(), False
    for index, line in enumerate(lines):
        words = line.split()
        if len(words) < 3 or words[0].startswith("#") or plain(words[1]) != mount["path"]:
            continue
        found = True
        options = words[3].split(",") if len(words) > 3 else ["defaults"]
        if more(options, mount["options"]) != options:
            rest = words[4:] or ["0", "0"]
            lines[index] = "\t".join([*words[:3], ",".join(more(options, mount["options"])), *rest])
    if not found and mount["fstab"] is not None:
        lines.append(mount["fstab"])
    return "".join(line + "\n" for line in lines)


def in_fstab(text: str, path: str) -> bool:
    """Tell whether fstab has a line for the mount point."""
    rows = (line.split() for line in text.splitlines() if not line.lstrip().startswith("#"))
    return any(len(words) > 1 and plain(words[1]) == path for words in rows)


def unit_name(path: str) -> str:
    """Return systemd's name of a mount point's unit, as systemd-escape --path does."""
    text = path.strip("/") or "-"
    escaped = "".join(
        "-" if letter == "/" else letter if re.fullmatch(r"[A-Za-z0-9:_.]", letter) else rf"\x{ord(letter):02x}"
        for letter in text
    )
    return f"{escaped}.mount"


def shipped_options(name: str, place: Place) -> list[str] | None:
    """Return the options of the unit that a package brings, None without such a unit."""
    for folder in place.shipped_units:
        text = placing.standing(os.path.join(folder, name)).text
        if text is not None:
            found = re.findall(r"^Options=(.*)$", text, re.MULTILINE)
            return found[-1].split(",") if found else []
    return None


def keep(path: str, text: str, outcome: Outcome, *, check: bool) -> None:
    """Replace a file of text when it differs."""
    now = placing.standing(path)
    if now.text == text:
        return
    outcome.replace_text(path, now.text, text)
    if not check:
        owner = (now.uid, now.gid) if now.text is not None else (os.geteuid(), os.getegid())
        mode = now.mode if now.text is not None else 0o644
        placing.write_whole(path, text, placing.Attributes(mode, *owner))


def settle_on_disk(mount: dict, place: Place, outcome: Outcome, *, check: bool) -> bool:
    """Keep the options for the next start; return False where nothing on this host makes the mount."""
    fstab = placing.standing(place.fstab).text or ""
    if in_fstab(fstab, mount["path"]) or mount["fstab"] is not None:
        after = with_fstab(fstab, mount)
        if after != fstab:
            keep(place.fstab, after, outcome, check=check)
        return True
    name = unit_name(mount["path"])
    options = shipped_options(name, place)
    if options is None:
        return False
    wanted = ",".join(more(options, mount["options"]))
    if wanted != ",".join(options):
        text = f"# Written by ndcops.\n[Mount]\nOptions={wanted}\n"
        keep(os.path.join(place.own_units, f"{name}.d", DROP_IN), text, outcome, check=check)
    return True


def settle_live(mount: dict, options: list[str], programs: Programs, outcome: Outcome, *, check: bool) -> None:
    """Add the options to the live mount; the file system below is not touched."""
    path, wanted = mount["path"], more(options, mount["options"])
    if wanted == options:
        return
    if not check:
        # The options of the mount point alone: without fstab, which may hold more than what was asked for.
        answer = programs.run("mount", "-o", ",".join(["remount", "bind", *wanted]), path)
        if answer.code != 0:
            outcome.cannot(path, ",".join(mount["options"]), f"the live mount refuses: {answer.last_words()}")
            return
    outcome.change(path, ",".join(options), ",".join(wanted))


def bind_line(mount: dict) -> str:
    """Return the line of fstab that binds a folder onto itself."""
    return f"{mount['path']} {mount['path']} none bind,{','.join(mount['options'])} 0 0"


def bind(mount: dict, place: Place, programs: Programs, outcome: Outcome, *, check: bool) -> None:
    """Bind a folder onto itself: its files stay where they are, also those that are open, and get the options."""
    path, options = mount["path"], ",".join(["bind", *mount["options"]])
    settle_on_disk({**mount, "fstab": bind_line(mount)}, place, outcome, check=check)
    if not check:
        answer = programs.run("mount", "-o", options, path, path)
        if answer.code != 0:
            outcome.cannot(path, ",".join(mount["options"]), f"it cannot be bound: {answer.last_words()}")
            return
    outcome.change(path, "no mount", options)


def work(params: dict, outcome: Outcome, *, check: bool, programs: Programs, place: Place | None = None) -> None:
    """Settle every mount on disk, then live."""
    place = place or Place()
    live, bound = live_options(place), bound_onto_themselves(place)
    for mount in params["mounts"]:
        path = mount["path"]
        if mount["bind"] and path in bound:
            mount = {**mount, "fstab": bind_line(mount)}
        if not set(mount["options"]) <= OPPOSITES.keys():
            raise Impossible(f"{path}: options are among {', '.join(OPPOSITES)}")
        if path not in live and mount["bind"] and os.path.isdir(path):
            bind(mount, place, programs, outcome, check=check)
        elif path not in live:
            outcome.skip(path, "is no mount of its own")
        elif not settle_on_disk(mount, place, outcome, check=check):
            outcome.skip(path, "neither fstab nor a unit makes this mount")
        else:
            settle_live(mount, live[path], programs, outcome, check=check)
    if outcome.items and not check:
        programs.must("systemctl", "daemon-reload")


def in_ansible(module: AnsibleModule, outcome: Outcome) -> None:
    """Take the module's parameters."""
    work(module.params, outcome, check=module.check_mode, programs=Programs())


def main() -> None:
    """Run the module."""
    run_module(
        {"mounts": {"type": "list", "elements": "dict", "required": True, "options": MOUNT}},
        in_ansible,
    )


if __name__ == "__main__":
    main()
