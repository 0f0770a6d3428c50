#!/usr/bin/python
"""Finds set-id files that no package owns, writes that down, and takes the bit from those the baseline names."""

from __future__ import annotations

import fnmatch
import glob
import json
import os
import stat

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: privileged_files
short_description: Findings about set-id files
description:
  - Walks the local file systems and writes a JSON file of the set-user-id and set-group-id files,
    each with its mode, owner and whether a Debian package owns it.
  - Takes the bits only from files that match O(stripped).
options:
  findings: {type: path, required: true, description: JSON file of the findings, mode 0600.}
  known: {type: list, elements: str, default: [], description: Patterns of files that are right without a package.}
  stripped: {type: list, elements: str, default: [], description: Patterns of files that lose the bits.}
  skipped: {type: list, elements: str, default: [], description: Folders that are not walked.}
  package_lists: {type: path, default: /var/lib/dpkg/info, description: Folder of dpkg's file lists.}
author: [ndcops]
"""

EXAMPLES = r"""
- name: set-id-files | Every set-id file is known
  ndcops.host.privileged_files:
    findings: /var/lib/ndcops/set-id-files.json
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
unknown: {type: list, returned: always, description: Set-id files that nothing explains.}
"""

SET_ID = stat.S_ISUID | stat.S_ISGID
LOCAL_TYPES = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "tmpfs"}


def skipped_roots(skipped):
    """Folders not to walk: those given and every mount that is not a local file system."""
    roots = {os.path.normpath(path) for path in skipped}
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as table:
        for line in table:
            _, where, kind, *_ = line.split(" ")
            if kind not in LOCAL_TYPES:
                roots.add(where.replace("\\040", " "))
    return roots


def set_id_files(skip):
    """Path and status of every regular set-id file below /, links not followed."""
    pending = ["/"]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except (PermissionError, FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            if entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.path not in skip:
                    pending.append(entry.path)
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISREG(status.st_mode) and status.st_mode & SET_ID:
                yield entry.path, status


def owned_by_packages(folder, paths):
    """Those of the paths that a package list names; lists may still name the place before the merge of /usr."""
    wanted = set(paths)
    aliases = {path[len("/usr") :]: path for path in wanted if path.startswith("/usr/")}
    owned = set()
    for name in glob.glob(os.path.join(folder, "*.list")):
        with open(name, encoding="utf-8", errors="surrogateescape") as listing:
            for line in listing:
                path = line.rstrip("\n")
                if path in wanted:
                    owned.add(path)
                elif path in aliases:
                    owned.add(aliases[path])
    return owned


def matches(path, patterns):
    """Whether a path is one of the shell patterns."""
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def survey(params):
    """The findings as a list, and the files whose bits must go as (path, mode) pairs."""
    found = dict(set_id_files(skipped_roots(params["skipped"])))
    owned = owned_by_packages(params["package_lists"], found)
    findings, stripped = [], []
    for path in sorted(found):
        status = found[path]
        if matches(path, params["stripped"]):
            stripped.append((path, stat.S_IMODE(status.st_mode)))
            continue
        by = "package" if path in owned else "baseline" if matches(path, params["known"]) else "nothing"
        findings.append(
            {
                "path": path,
                "mode": f"{stat.S_IMODE(status.st_mode):04o}",
                "uid": status.st_uid,
                "gid": status.st_gid,
                "explained_by": by,
            }
        )
    return findings, stripped


def current(path):
    """The text of a file, None when there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def write_private(path, text):
    """Writes the file at once with mode 0600; its folder is made 0755."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    beside = f"{path}.new"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def summary(text):
    """Short form of a findings file: how many files it names and how many nothing explains."""
    if text is None:
        return "absent"
    try:
        files = json.loads(text)["files"]
        unknown = [entry["path"] for entry in files if entry["explained_by"] == "nothing"]
    except (ValueError, KeyError, TypeError):
        return "not a findings file"
    return f"{len(files)} set-id files, unknown: {', '.join(unknown) or 'none'}"


def main():
    """Run as Ansible calls it."""
    module = AnsibleModule(
        argument_spec={
            "findings": {"type": "path", "required": True},
            "known": {"type": "list", "elements": "str", "default": []},
            "stripped": {"type": "list", "elements": "str", "default": []},
            "skipped": {"type": "list", "elements": "str", "default": []},
            "package_lists": {"type": "path", "default": "/var/lib/dpkg/info"},
        },
        supports_check_mode=True,
    )
    findings, stripped = survey(module.params)
    text = json.dumps({"files": findings}, indent=1) + "\n"
    path = module.params["findings"]
    before = current(path)
    items = [
        {"subject": name, "before": f"{mode:04o}", "after": f"{mode & ~SET_ID:04o}"} for name, mode in stripped
    ]
    if before != text:
        items.append({"subject": path, "before": summary(before), "after": summary(text)})
    if not module.check_mode:
        for name, mode in stripped:
            os.chmod(name, mode & ~SET_ID)
        if before != text:
            write_private(path, text)
    module.exit_json(
        changed=bool(items),
        items=items,
        unknown=[entry["path"] for entry in findings if entry["explained_by"] == "nothing"],
        diff=[{"before_header": path, "after_header": path, "before": before or "", "after": text}]
        if before != text
        else [],
    )


if __name__ == "__main__":
    main()
