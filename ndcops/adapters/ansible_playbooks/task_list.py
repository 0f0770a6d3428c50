"""How many tasks the play has: asked of ansible-playbook once for every state of the playbooks, then kept."""

import hashlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from ndcops.adapters.ansible_playbooks.settings import PlaybookSettings

LIST_TIMEOUT_S = 60.0
LINE = re.compile(r"^\s{6}.*\tTAGS: \[(.*)\]$")


def task_count(
    settings: PlaybookSettings, environment: Mapping[str, str], inventory: Path, controls: Sequence[str]
) -> int:
    """Return how many tasks run on a host with these controls (all when empty); 0 when it cannot be told."""
    tags = _kept(settings, environment, inventory)
    chosen = {*controls, "always"}
    return sum(1 for names in tags if not controls or chosen & set(names))


def parse(output: str) -> list[list[str]]:
    """Return the tags of every task of `ansible-playbook --list-tasks`."""
    found = (LINE.match(line) for line in output.splitlines())
    return [[tag.strip() for tag in match[1].split(",") if tag.strip()] for match in found if match]


def _kept(settings: PlaybookSettings, environment: Mapping[str, str], inventory: Path) -> list[list[str]]:
    path = settings.state / f"tasks-{_digest(settings.playbooks)}.json"
    try:
        kept: list[list[str]] = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        kept = _asked(settings, environment, inventory)
        if kept:
            for old in settings.state.glob("tasks-*.json"):
                old.unlink(missing_ok=True)
            fresh = path.with_suffix(".new")
            fresh.write_bytes(orjson.dumps(kept))
            fresh.replace(path)
    return kept


def _asked(settings: PlaybookSettings, environment: Mapping[str, str], inventory: Path) -> list[list[str]]:
    command = ["ansible-playbook", "--list-tasks", "-i", str(inventory), settings.playbook]
    try:
        done = subprocess.run(
            command,
            cwd=settings.playbooks,
            env={**environment, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=LIST_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        # Progress goes without a total; the run itself says what is wrong with Ansible.
        return []
    return parse(done.stdout) if done.returncode == 0 else []


def _digest(folder: Path) -> str:
    """Changes whenever a playbook or task file does."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.yml")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
