"""Reading a run's events: changes, failures and progress."""

from typing import Any

from ndcops.adapters.ansible_playbooks.events import EventReader, items_of
from ndcops.model.hardening import ItemChange, TaskProgress, TaskState

NAME = "ssh-server | Only operators with keys come in"


def event(kind: str, res: dict[str, Any] | None = None, *, task: str = NAME, **more: Any) -> dict[str, Any]:
    data = {"host": "ndc1-bastion-1", "task": task, "task_action": "ndcops.host.files", "res": res or {}, **more}
    return {"event": kind, "event_data": data}


def read(*events: dict[str, Any], total: int = 0) -> tuple[EventReader, list[TaskProgress]]:
    heard: list[TaskProgress] = []
    reader = EventReader(heard.append, total)
    for each in events:
        assert reader(each) is False
    return reader, heard


def test_changes_name_host_control_and_items() -> None:
    item = {"subject": "/etc/ssh/sshd_config", "before": None, "after": "x"}
    fixed = {"subject": "kernel.x", "wanted": "1", "reason": "read-only"}
    reader, heard = read(
        event("runner_on_start"),
        event("runner_on_ok", {"changed": True, "items": [item], "unsettable": [fixed]}),
        event("runner_on_ok", {"changed": False}),
        event("runner_on_skipped"),
        total=4,
    )
    assert [(change.control, change.items[0].subject) for change in reader.changes] == [
        ("ssh-server", "/etc/ssh/sshd_config")
    ]
    assert reader.unsettable[0].subject == "kernel.x"
    assert reader.tasks == 2
    assert [(each.state, each.done, each.total) for each in heard] == [
        (TaskState.RUNNING, 0, 4),
        (TaskState.CHANGED, 1, 4),
        (TaskState.OK, 2, 4),
        (TaskState.SKIPPED, 3, 4),
    ]


def test_handlers_are_no_changes_and_no_progress() -> None:
    reader, heard = read(event("runner_on_ok", {"changed": True}, task="HANDLER | The server reads its file"))
    assert not reader.changes
    assert (reader.tasks, heard[0].done) == (0, 0)


def test_a_failure_keeps_what_was_done_before_it() -> None:
    item = {"subject": "/etc/a", "before": None, "after": "x"}
    reader, _ = read(event("runner_on_failed", {"changed": True, "items": [item], "msg": "boom"}))
    assert [(failure.host, failure.control, failure.reason) for failure in reader.failures] == [
        ("ndc1-bastion-1", "ssh-server", "boom")
    ]
    assert reader.changes[0].items[0].subject == "/etc/a"


def test_a_failure_without_changes_is_nothing_done() -> None:
    assert not read(event("runner_on_failed", {"msg": "Incorrect sudo password"}))[0].anything_done
    assert read(event("runner_on_ok"))[0].anything_done


def test_an_ignored_failure_is_none() -> None:
    assert not read(event("runner_on_failed", {"msg": "x"}, ignore_errors=True))[0].failures


def test_secrets_stay_out() -> None:
    censored = {
        "changed": True,
        "censored": "hidden",
        "items": [{"subject": "k", "before": None, "after": "SECRET"}],
    }
    reader, _ = read(event("runner_on_ok", censored), event("runner_on_failed", {**censored, "msg": "SECRET"}))
    assert "SECRET" not in repr([reader.changes, reader.failures])
    assert reader.changes[0].items == ()


def test_packages_and_diffs_of_other_modules() -> None:
    output = (
        "The following packages will be REMOVED:\n  telnet*\n"
        "The following NEW packages will be installed:\n  aide auditd\n  chrony\n0 upgraded, 3 newly installed\n"
    )
    assert [(item.subject, item.after) for item in items_of({"stdout": output})] == [
        ("package telnet", None),
        ("package aide", "installed"),
        ("package auditd", "installed"),
        ("package chrony", "installed"),
    ]
    link = {"before": {"path": "/a", "state": "absent"}, "after": {"path": "/a", "state": "link"}}
    assert items_of({"diff": link}) == (ItemChange(subject="/a", before="state absent", after="state link"),)
    (long,) = items_of({"diff": [{"before": "", "after": "x" * 201, "after_header": "/etc/group"}]})
    assert long.after is not None
    assert long.after.startswith("sha256:")


def test_the_recap_names_hosts_that_came_to_the_end() -> None:
    reader, _ = read({"event": "playbook_on_stats", "event_data": {"processed": {"a": 1, "b": 1}}})
    assert reader.finished == {"a", "b"}
