"""What a runbook's tasks say, in both languages; page and Markdown write the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ndcops.model.document import Text
from ndcops.model.runbook import Check, FilledRunbook, Person, RunbookTask, TaskState
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.figures import duration

_HOURS_A_DAY, _LEAST_DAYS = 24, 2
_UNBROKEN = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Item:
    """One line of a task's card. code: what is typed or searched for, as it is."""

    label: Text
    text: Text | None = None
    code: str = ""
    note: Text | None = None


def clock(value: datetime) -> Text:
    """A day and an hour, as they are written in each language; times carry their own zone."""
    return Text(vi=f"{value:%H:%M %d/%m/%Y}", en=f"{value:%Y-%m-%d %H:%M}")


def when(t_minus_h: int, due: datetime | None, words: Catalogue) -> Text:
    """The hour, once the roadmap has a night; T-minus besides."""
    relative = _relative(t_minus_h, words)
    if due is None:
        return relative
    hour = clock(due)
    return Text(vi=f"{hour.vi} ({relative.vi})", en=f"{hour.en} ({relative.en})")


def _relative(t_minus_h: int, words: Catalogue) -> Text:
    if t_minus_h == 0:
        return Text(vi="T", en="T")
    side, hours = ("before", t_minus_h) if t_minus_h > 0 else ("after", -t_minus_h)
    days, rest = divmod(hours, _HOURS_A_DAY)
    if days >= _LEAST_DAYS and rest:
        return words.text(f"runbook.{side}_days_hours", days=days, hours=rest)
    if days >= _LEAST_DAYS:
        return words.text(f"runbook.{side}_days", days=days)
    return words.text(f"runbook.{side}", hours=hours)


def person_words(person: Person, words: Catalogue) -> Text:
    """The name of a person or desk, and the telephone."""
    name = Text(vi=person.name, en=person.name) if person.name else person.title
    if name is None:
        return words.text("runbook.nobody")
    phone = f", {person.phone.replace(' ', _UNBROKEN)}" if person.phone else ""
    return Text(vi=name.vi + phone, en=name.en + phone)


def with_duty(person: Person, words: Catalogue) -> Text:
    """The duty, and who has it."""
    duty, name = words.named("duty", person.duty), person_words(person, words)
    return Text(vi=f"{duty.vi}: {name.vi}", en=f"{duty.en}: {name.en}")


def state_words(task: RunbookTask, words: Catalogue) -> Text:
    """How far a task is; of a done one, when and how long."""
    if task.done_at is not None and task.took_s is not None:
        return words.text("runbook.took", when=clock(task.done_at), took=duration(task.took_s))
    if task.state is TaskState.DONE:
        return words.text("runbook.by_gate")
    return words.named("runbook.task", task.state)


def items(task: RunbookTask, agency: str, words: Catalogue) -> Iterator[Item]:
    """The card of a task, line by line."""
    step = task.step
    yield Item(words.text("runbook.item_owner"), with_duty(task.owner, words))
    yield Item(words.text("runbook.item_deputy"), with_duty(task.deputy, words))
    for check in task.preconditions:
        yield _check("runbook.item_preconditions", check, words)
    yield Item(words.text("runbook.item_command"), code=task.command)
    yield Item(words.text("runbook.item_expected"), note=_expected(step.exit_code, step.expected, words))
    yield _check("runbook.item_verification", task.verification, words)
    if task.rollback is not None:
        yield Item(words.text("runbook.item_rollback"), code=task.rollback)
    elif step.irreversible is not None:
        yield Item(words.text("runbook.item_irreversible"), step.irreversible)
    yield Item(words.text("runbook.item_time_box"), duration(step.time_box_min * 60))
    yield Item(words.text("runbook.item_abort"), step.abort)
    if step.evidence:
        yield Item(
            words.text("runbook.item_evidence"), _listed([words.named("check", each) for each in step.evidence])
        )
    run = f"ndcops agency runbook {agency} --run {step.id} --subject {task.subject}"
    yield Item(words.text("runbook.item_run"), code=run)
    yield Item(words.text("runbook.item_sign_off"), with_duty(task.sign_off, words))


def _check(key: str, check: Check, words: Catalogue) -> Item:
    return Item(words.text(key), code=check.command, note=_expected(check.exit_code, check.expected, words))


def _expected(exit_code: int, pattern: str, words: Catalogue) -> Text:
    ends = words.text("runbook.exit_code", code=exit_code)
    if not pattern:
        return ends
    prints = words.text("runbook.prints")
    return Text(vi=f"{ends.vi}, {prints.vi} /{pattern}/", en=f"{ends.en}, {prints.en} /{pattern}/")


def _listed(texts: Sequence[Text]) -> Text:
    return Text(vi="; ".join(each.vi for each in texts), en="; ".join(each.en for each in texts))


def first_night(filled: FilledRunbook) -> datetime | None:
    """When the first cut-over begins."""
    return min((task.due for task in filled.tasks if task.step.point_of_no_return and task.due), default=None)
