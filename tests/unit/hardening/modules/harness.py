"""Runs modules of the collection in this process, with Ansible's argument checks, in check mode or for real."""

import contextlib
import importlib
import io
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from ansible.module_utils.testing import patch_module_args

COLLECTIONS = Path(__file__).parents[4] / "playbooks" / "collections"
PACKAGE = "ansible_collections.ndcops.host.plugins"
ME = {"owner": str(os.geteuid()), "group": str(os.getegid())}

if str(COLLECTIONS) not in sys.path:
    sys.path.append(str(COLLECTIONS))


def load(name: str, kind: str = "modules") -> Any:
    """A module of the collection, or with kind="module_utils" what they share."""
    return importlib.import_module(f"{PACKAGE}.{kind}.{name}")


def run(name: str, params: Mapping[str, Any], *, scratch: Path, check: bool = False) -> dict[str, Any]:
    """The module's JSON answer; `failed` is in it when the module fails."""
    arguments = {**params, "_ansible_check_mode": check, "_ansible_diff": True, "_ansible_tmpdir": str(scratch)}
    output = io.StringIO()
    with patch_module_args(arguments), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        load(name).main()
    answer: dict[str, Any] = orjson.loads(output.getvalue())
    return answer


def tree(root: Path) -> dict[str, tuple[str, int, str]]:
    """Everything below a folder: kind, mode and content or target."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        kind = "link" if path.is_symlink() else "folder" if path.is_dir() else "file"
        text = str(path.readlink()) if kind == "link" else path.read_text() if kind == "file" else ""
        found[str(path.relative_to(root))] = (kind, stat.S_IMODE(status.st_mode), text)
    return found


def settles(name: str, params: Mapping[str, Any], root: Path, scratch: Path) -> list[dict[str, Any]]:
    """Check, run, run again: the check changes nothing and names what the run changes; the second run is idle."""
    before = tree(root)
    predicted = run(name, params, scratch=scratch, check=True)
    assert tree(root) == before
    made = run(name, params, scratch=scratch)
    assert not made.get("failed"), made
    assert predicted["items"] == made["items"]
    assert predicted["changed"] == made["changed"] == (tree(root) != before)
    again = run(name, params, scratch=scratch)
    assert (again["changed"], again["items"]) == (False, [])
    items: list[dict[str, Any]] = made["items"]
    return items
