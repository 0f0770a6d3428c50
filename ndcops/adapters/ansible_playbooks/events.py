"""Reads the events of a run: changes, failures, what a host cannot take on, and progress."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ndcops.adapters.ansible_playbooks.reasons import reason_of
from ndcops.model.hardening import (
    ItemChange,
    TaskChange,
    TaskFailure,
    TaskProgress,
    TaskState,
    Unsettable,
)

HANDLER = "HANDLER"
LONGEST_TEXT = 200
RESULTS = {
    "runner_on_ok": TaskState.OK,
    "runner_on_failed": TaskState.FAILED,
    "runner_on_skipped": TaskState.SKIPPED,
    "runner_on_unreachable": TaskState.UNREACHABLE,
}


class EventReader:
    """Takes ansible-runner's events one by one; on_task hears every start and end."""

    def __init__(self, on_task: Callable[[TaskProgress], None], total: int) -> None:
        self.changes: list[TaskChange] = []
        self.failures: list[TaskFailure] = []
        self.unsettable: list[Unsettable] = []
        self.tasks = 0
        self.anything_done = False
        """Whether a task ended well, or changed something, on any host."""
        self.finished: set[str] = set()
        """Hosts in Ansible's recap: a run that was killed has none."""
        self.errors: list[str] = []
        """What Ansible said outside of any host, such as a mistake in a playbook."""
        self._done: Counter[str] = Counter()
        self._on_task = on_task
        self._total = total

    def __call__(self, event: Mapping[str, Any]) -> bool:
        """Read one event; False: nothing of it is kept on disk, where it could show what a file holds."""
        kind, data = event.get("event", ""), event.get("event_data") or {}
        if kind == "playbook_on_stats":
            self.finished |= set(data.get("processed", {}))
        elif kind in {"error", "warning", "verbose"}:
            self._note(event)
        elif kind == "runner_on_start":
            self._tell(data, TaskState.RUNNING)
        elif kind in RESULTS:
            self._result(RESULTS[kind], data)
        return False

    def _note(self, event: Mapping[str, Any]) -> None:
        line = str(event.get("stdout", "")).strip()
        if "ERROR" in line.upper():
            self.errors.append(line)

    def _result(self, state: TaskState, data: Mapping[str, Any]) -> None:
        result, host = data.get("res") or {}, str(data.get("host", ""))
        control, task = control_of(data), str(data.get("task", ""))
        if state == TaskState.FAILED and data.get("ignore_errors"):
            state = TaskState.OK
        if state == TaskState.OK and result.get("changed") and control != HANDLER:
            state = TaskState.CHANGED
            self.changes.append(TaskChange(host=host, control=control, task=task, items=items_of(result)))
        if state in {TaskState.FAILED, TaskState.UNREACHABLE}:
            action, away = str(data.get("task_action", "")), state == TaskState.UNREACHABLE
            reason = reason_of(result, action=action, unreachable=away)
            self.failures.append(TaskFailure(host=host, control=control, task=task, reason=reason))
            self._keep_partial(state, result, host, control, task)
        self.unsettable += [
            Unsettable(host=host, control=control, **{key: str(value) for key, value in entry.items()})
            for entry in result.get("unsettable") or ()
        ]
        self.anything_done |= state in {TaskState.OK, TaskState.CHANGED} or bool(self.changes)
        if control != HANDLER:
            self._done[host] += 1
            self.tasks += state not in {TaskState.SKIPPED, TaskState.UNREACHABLE}
        self._tell(data, state)

    def _keep_partial(
        self, state: TaskState, result: Mapping[str, Any], host: str, control: str, task: str
    ) -> None:
        """Keep what our modules did before they failed: the host is not as it was."""
        items = items_of(result)
        if state == TaskState.FAILED and result.get("changed") and items:
            self.changes.append(TaskChange(host=host, control=control, task=task, items=items))

    def _tell(self, data: Mapping[str, Any], state: TaskState) -> None:
        host = str(data.get("host", ""))
        self._on_task(
            TaskProgress(
                host=host,
                control=control_of(data),
                task=str(data.get("task", "")),
                state=state,
                done=min(self._done[host], self._total) if self._total else self._done[host],
                total=self._total,
            )
        )


def control_of(data: Mapping[str, Any]) -> str:
    """Return the control that a task's name starts with, `HANDLER` for handlers, nothing for other tasks."""
    control, bar, _ = str(data.get("task", "")).partition(" | ")
    return control if bar else ""


def items_of(result: Mapping[str, Any]) -> tuple[ItemChange, ...]:
    """Return what changed: our modules say it, others show a diff; nothing of a task with secrets."""
    if result.get("_ansible_no_log") or "censored" in result:
        return ()
    if isinstance(result.get("items"), list):
        return tuple(ItemChange.model_validate(item) for item in result["items"])
    packages = tuple(_packages(str(result.get("stdout") or "")))
    if packages:
        return packages
    diffs = result.get("diff") or ()
    entries = [diffs] if isinstance(diffs, Mapping) else diffs
    return tuple(_of_diff(entry) for entry in entries if "before" in entry or "after" in entry)


def _of_diff(entry: Mapping[str, Any]) -> ItemChange:
    before, after = entry.get("before"), entry.get("after")
    subject = str(entry.get("after_header") or entry.get("before_header") or "")
    if isinstance(after, Mapping) and isinstance(before, Mapping):
        subject = str(after.get("path") or subject)
        before, after = _fields(before), _fields(after)
    return ItemChange(subject=subject, before=_short(before), after=_short(after))


def _fields(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {values[name]}" for name in sorted(values) if name != "path")


def _short(text: object) -> str | None:
    """As the modules give texts: whole, or their digest."""
    if text is None:
        return None
    plain = str(text)
    return plain if len(plain) <= LONGEST_TEXT else "sha256:" + hashlib.sha256(plain.encode()).hexdigest()


def _packages(output: str) -> list[ItemChange]:
    """What apt says it installs and removes, of its `The following … packages will be …` lists."""
    found: list[ItemChange] = []
    heading = ""
    for line in output.splitlines():
        if not line.startswith("  "):
            heading = line
        elif "NEW packages will be installed" in heading:
            found += [
                ItemChange(subject=f"package {name}", before=None, after="installed") for name in line.split()
            ]
        elif "will be REMOVED" in heading:
            names = [name.rstrip("*") for name in line.split()]
            found += [ItemChange(subject=f"package {name}", before="installed", after=None) for name in names]
        elif "will be upgraded" in heading:
            found += [
                ItemChange(subject=f"package {name}", before="older", after="newer") for name in line.split()
            ]
    return found
