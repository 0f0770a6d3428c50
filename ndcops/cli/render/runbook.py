"""A runbook on a terminal: its tasks, one task before it is run, and what was done."""

from ndcops.cli.render.console import out, show_json, show_table
from ndcops.model.runbook import DoneStep, FilledRunbook, Person, RunbookTask


def show_runbook(filled: FilledRunbook, as_json: bool) -> None:
    """Every task with who, when, and its command."""
    if as_json:
        show_json(filled.model_dump(mode="json"))
        return
    show_table(
        f"runbook of {filled.agency}",
        ["step", "for", "state", "owner", "due", "command"],
        [
            (
                task.step.id,
                task.subject,
                task.state,
                _who(task.owner),
                f"{task.due:%Y-%m-%d %H:%M}" if task.due is not None else f"T-{task.step.t_minus_h} h",
                task.command,
            )
            for task in filled.tasks
        ],
    )
    if filled.next_task is not None:
        out.print(f"next: ndcops agency runbook {filled.agency} --next", soft_wrap=True)


def show_task(task: RunbookTask, as_json: bool) -> None:
    """What will be run."""
    if as_json:
        show_json({"task": task.model_dump(mode="json")})
        return
    rows = [
        *(("first", check.command) for check in task.preconditions),
        ("command", task.command),
        ("then", task.verification.command),
        ("way back", task.rollback or (task.step.irreversible.en if task.step.irreversible is not None else "")),
        ("owner", _who(task.owner)),
        ("deputy", _who(task.deputy)),
        ("time box", f"{task.step.time_box_min} min"),
        ("abort when", task.step.abort.en),
    ]
    show_table(f"{task.step.id} for {task.subject}: {task.step.title.en}", ["what", "how"], rows)


def show_done_step(task: RunbookTask, done: DoneStep, as_json: bool) -> None:
    """What was done, and how long it took."""
    if as_json:
        show_json({"task": task.model_dump(mode="json"), "done": done.model_dump(mode="json")})
        return
    out.print(f"{task.step.id} for {task.subject}: done in {done.took_s} s, verified, kept in the ledger")


def _who(person: Person) -> str:
    return person.name or (person.title.en if person.title is not None else f"nobody ({person.duty})")
