"""Processes that the lab's own ones have started (PostgreSQL's, under Patroni); outage, faults and status call it.

PostgreSQL overwrites its environment, so the lab's mark is not on it: the parents tell whose it is. Each member
has a PID namespace of its own, where orphans become children of its first process: the tree is always whole.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from ndcops.lab.processes import RunningProcess
from ndcops.lab.state import ProcessRecord


class ProcessTrees:
    """Every live process of this machine as of now, with its parent."""

    def __init__(self) -> None:
        self._found: dict[int, RunningProcess] = {}
        self._children: dict[int, list[RunningProcess]] = defaultdict(list)
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                self._read(entry)

    def _read(self, entry: Path) -> None:
        try:
            text = (entry / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return  # it has just ended
        fields = text[text.rindex(")") + 2 :].split()  # proc_pid_stat(5): state, parent, ..., start time
        if fields[0] in "ZXx":
            return
        process = RunningProcess(int(entry.name), int(fields[19]), "", fields[0] in "Tt")
        self._found[process.pid] = process
        self._children[int(fields[1])].append(process)

    def of(self, records: Iterable[ProcessRecord]) -> list[RunningProcess]:
        """Those of `records` that live with everything below them, parents before children."""
        waiting = [
            process
            for record in records
            if (process := self._found.get(record.pid)) is not None and process.start_ticks == record.start_ticks
        ]
        tree: list[RunningProcess] = []
        while waiting:
            process = waiting.pop(0)
            tree.append(process)
            waiting += self._children.get(process.pid, [])
        return tree
