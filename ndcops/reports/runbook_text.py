"""The runbook as Markdown, in one language: for files, mail and pull requests."""

from collections.abc import Callable, Iterator

from ndcops.model.document import Text
from ndcops.model.runbook import FilledRunbook, GoNoGo
from ndcops.reports.catalogue import Catalogue, Language, catalogue
from ndcops.reports.figures import moment
from ndcops.reports.markdown import escaped, table
from ndcops.reports.runbook_words import Item, items, person_words, state_words, when

Say = Callable[[Text], str]


def runbook_markdown(filled: FilledRunbook, language: Language, *, target: str) -> str:
    """The document."""

    def say(text: Text) -> str:
        return text.vi if language == "vi" else text.en

    return "\n".join(_lines(filled, say, catalogue(), target)) + "\n"


def _lines(filled: FilledRunbook, say: Say, words: Catalogue, target: str) -> Iterator[str]:
    yield f"# {escaped(say(words.text('runbook.heading', agency=filled.title)))}"
    yield ""
    taken = f"{say(words.text('page.taken_at'))} {say(moment(filled.as_of))}"
    yield f"**{say(words.named('target', target))}**, {taken}"
    yield ""
    yield from _schedule(filled, say, words)
    yield from _contacts(filled, say, words)
    yield f"## {say(words.text('runbook.section_gates'))}"
    yield ""
    for gate in filled.gates:
        yield from _gate(gate, say, words)
    yield from _cards(filled, say, words)
    yield from _notices(filled, say, words)
    yield f"{say(words.text('runbook.digest'))} `{filled.dossier_sha256}`"


def _schedule(filled: FilledRunbook, say: Say, words: Catalogue) -> Iterator[str]:
    yield f"## {say(words.text('runbook.section_schedule'))}"
    yield ""
    yield say(words.text("runbook.schedule_lead"))
    yield ""
    head = [say(words.text(f"runbook.column_{name}")) for name in ("when", "step", "for", "owner", "state")]
    yield from table(
        head,
        [
            [
                say(when(task.step.t_minus_h, task.due, words)),
                f"{number}. {say(task.step.title)}",
                task.subject,
                say(person_words(task.owner, words)),
                say(state_words(task, words)),
            ]
            for number, task in enumerate(filled.tasks, start=1)
        ],
    )
    yield ""


def _contacts(filled: FilledRunbook, say: Say, words: Catalogue) -> Iterator[str]:
    yield f"## {say(words.text('runbook.section_contacts'))}"
    yield ""
    head = [say(words.text(f"runbook.column_{name}")) for name in ("duty", "name", "email")]
    rows = [
        [say(words.named("duty", each.duty)), say(person_words(each, words)), each.email]
        for each in filled.contacts
    ]
    yield from table(head, rows)
    yield ""


def _gate(gate: GoNoGo, say: Say, words: Catalogue) -> Iterator[str]:
    state = words.named("portfolio.state", gate.state)
    if gate.next is None:
        yield f"### {escaped(say(words.text('runbook.gate_end', system=gate.system, state=state)))}"
    else:
        following = words.named("portfolio.state", gate.next)
        title = words.text("runbook.gate_of", system=gate.system, state=state, next=following)
        yield f"### {escaped(say(title))}"
    yield ""
    head = [say(words.text(f"runbook.column_{name}")) for name in ("question", "answer", "why")]
    answers = {True: say(words.text("runbook.go")), False: say(words.text("runbook.no_go"))}
    yield from table(
        head, [[say(words.named("check", each.check)), answers[each.passed], each.why] for each in gate.checks]
    )
    yield ""


def _cards(filled: FilledRunbook, say: Say, words: Catalogue) -> Iterator[str]:
    yield f"## {say(words.text('runbook.section_steps'))}"
    yield ""
    for number, task in enumerate(filled.tasks, start=1):
        yield f"### {number}. {escaped(say(task.step.title))} (`{task.step.id}`, `{task.subject}`)"
        yield ""
        if task.step.point_of_no_return:
            yield f"**{escaped(say(words.text('runbook.point_of_no_return')))}**"
            yield ""
        yield escaped(say(task.step.why))
        yield ""
        for item in items(task, filled.agency, words):
            yield _item(item, say)
        yield f"- {say(words.text('runbook.sign_here'))}: ____________________"
        yield ""


def _item(item: Item, say: Say) -> str:
    parts = [f"`{item.code}`"] if item.code else []
    parts += [escaped(say(text)) for text in (item.text, item.note) if text is not None]
    return f"- **{escaped(say(item.label))}**: {'; '.join(parts)}"


def _notices(filled: FilledRunbook, say: Say, words: Catalogue) -> Iterator[str]:
    if filled.notices:
        yield f"## {say(words.text('runbook.section_notices'))}"
        yield ""
    for each in filled.notices:
        due = say(when(each.t_minus_h, each.due, words))
        yield f"**{escaped(say(each.audience))}**, {escaped(due)}, `{each.system}`:"
        yield ""
        yield f"> {escaped(say(each.text))}"
        yield ""
