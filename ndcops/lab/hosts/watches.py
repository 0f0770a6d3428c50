"""Room for the watches of many machines; `up` calls it.

Machines without a user namespace share root's inotify instances. Each takes about ten, more while people are
logged in, and Linux grants 128: what then starts in a machine and follows the journal may never hear of an event.
"""

from pathlib import Path

_INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
_ENOUGH = 1024


def allow_watches(limit: Path = _INSTANCES) -> None:
    """Raise this machine's limit to what dozens of lab hosts need; it stays raised, a higher one is left alone."""
    if int(limit.read_text()) < _ENOUGH:
        limit.write_text(f"{_ENOUGH}\n")
