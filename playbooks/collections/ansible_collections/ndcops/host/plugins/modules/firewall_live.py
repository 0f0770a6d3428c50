#!/usr/bin/python
"""The rules that the kernel holds now, compared with what the firewall's files would load."""

from __future__ import annotations

import os
import re
import shutil
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome, run_module
from ansible_collections.ndcops.host.plugins.module_utils.programs import Programs

DOCUMENTATION = r"""
module: firewall_live
short_description: Rules in the kernel as the firewall's files load them
description:
  - Loads the wanted files in a network namespace of its own and compares what the kernel then holds with what it
    holds for the host; so the firewall's own programs say what a file means.
  - With ufw the whole filter table must be equal, with nftables only the tables that the file names.
  - What differs is replaced in one transaction; connections stay.
  - While the firewall's unit does not run there is nothing to compare; its start loads the files.
options:
  engine: {type: str, required: true, choices: [nftables, ufw], description: Program that loads the files.}
  unit: {type: str, required: true, description: Unit that loads the files.}
  files:
    description: The files as they are wanted, whatever is on disk.
    type: list
    elements: dict
    required: true
    suboptions:
      path: {type: path, required: true, description: Where the file is on the host.}
      content: {type: str, required: true, description: Its text.}
author: [ndcops]
"""

EXAMPLES = r"""
- name: firewall-node | The node's own table is in the kernel
  ndcops.host.firewall_live:
    engine: nftables
    unit: ndcops-firewall.service
    files:
      - {path: /etc/ndcops/firewall/node.nft, content: "{{ lookup('ansible.builtin.template', 'node.nft.j2') }}"}
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
"""

FILE = {"path": {"type": "path", "required": True}, "content": {"type": "str", "required": True}}
ARGUMENTS = {
    "engine": {"type": "str", "required": True, "choices": ["nftables", "ufw"]},
    "unit": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "dict", "required": True, "options": FILE},
}
UFW = "/usr/lib/ufw"
RULES_OF_UFW = "/etc/ufw"
SAVES = ("iptables-save", "ip6tables-save")
TABLE = re.compile(r"^table (\S+ \S+) \{", re.MULTILINE)
COUNTERS = re.compile(r" ?\[\d+:\d+\]")


def rules_only(saved: str) -> str:
    """Return what iptables-save printed without its counters and remarks, which change by themselves."""
    lines = (COUNTERS.sub("", line).rstrip() for line in saved.splitlines() if not line.startswith("#"))
    return "".join(f"{line}\n" for line in lines if line)


def apart(programs: Programs, *command: str) -> str:
    """Run a program in a network namespace of its own, where it touches no rule of the host."""
    return programs.must("unshare", "--net", *command)


def laid(files: list[dict], root: str) -> None:
    """Write the files below a root of their own."""
    for each in files:
        path = root + each["path"]
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(each["content"])


def settle_nftables(files: list[dict], root: str, programs: Programs, outcome: Outcome, *, check: bool) -> None:
    """Compare the tables that the files name."""
    for each in files:
        path, names = root + each["path"], TABLE.findall(each["content"])
        lists = " && ".join(f"nft --stateless list table {name}" for name in names)
        wanted = apart(programs, "sh", "-c", f'nft --file "$0" && {lists}', path)
        now = "".join(programs.run("nft", "--stateless", "list", "table", *name.split()).out for name in names)
        if now == wanted:
            continue
        outcome.replace_text(f"live rules of {each['path']}", now or None, wanted)
        if not check:
            programs.must("nft", "--file", path)


def settle_ufw(files: list[dict], root: str, programs: Programs, outcome: Outcome, *, check: bool) -> None:
    """Compare the whole filter table: a foreign rule could accept before ufw's chains are asked."""
    laid_ufw(root)
    laid(files, root)
    start = f'"{UFW}/ufw-init" --rootdir "$0" --datadir "$0" start >&2'
    for save in SAVES:
        wanted = rules_only(apart(programs, "sh", "-c", f"{start} && {save} --table filter", root))
        now = rules_only(programs.must(save, "--table", "filter"))
        if now == wanted:
            continue
        outcome.replace_text(f"live rules of {save.removesuffix('-save')}", now or None, wanted)
        if not check:
            path = f"{root}/{save}"
            with open(path, "w", encoding="utf-8") as file:
                file.write(wanted)
            programs.must(save.replace("save", "restore"), "--table=filter", path)


def laid_ufw(root: str) -> None:
    """Lay ufw's own rules and functions below the root; hooks stay out, they may act on more than the network."""
    if os.path.isdir(RULES_OF_UFW):
        shutil.copytree(RULES_OF_UFW, root + RULES_OF_UFW, ignore=shutil.ignore_patterns("*.init"))
    os.makedirs(f"{root}/lib")
    os.symlink(UFW, f"{root}/lib/ufw")


def work(params: dict, outcome: Outcome, *, check: bool, programs: Programs) -> None:
    """Compare, and replace what differs."""
    if programs.run("systemctl", "is-active", params["unit"]).out.strip() != "active":
        if not check:
            raise Impossible(f"{params['unit']} does not run, so nothing loads the rules")
        outcome.skip(params["unit"], "it does not run yet; its start loads the files")
        return
    root = tempfile.mkdtemp(prefix="ndcops-firewall-")
    try:
        if params["engine"] == "nftables":
            laid(params["files"], root)
            settle_nftables(params["files"], root, programs, outcome, check=check)
        else:
            settle_ufw(params["files"], root, programs, outcome, check=check)
    finally:
        shutil.rmtree(root)


def in_ansible(module: AnsibleModule, outcome: Outcome) -> None:
    """Take the module's parameters."""
    work(module.params, outcome, check=module.check_mode, programs=Programs())


def main() -> None:
    """Run the module."""
    run_module(ARGUMENTS, in_ansible)


if __name__ == "__main__":
    main()
