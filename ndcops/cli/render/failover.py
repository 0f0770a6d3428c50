"""Plans, readiness, status and runs of failover on a terminal, or as JSON."""

from collections.abc import Sequence

from rich.markup import escape
from rich.text import Text

from ndcops.cli.render.cells import table
from ndcops.cli.render.console import out, show_json
from ndcops.failover.plan.facts import FailoverFacts
from ndcops.failover.plan.location import locate
from ndcops.failover.plan.prediction import Interval, Prediction
from ndcops.failover.plan.readiness import Readiness
from ndcops.failover.plan.story import RunStory, ServiceStory
from ndcops.failover.run.past import CLOSED
from ndcops.failover.run.room import Proposal
from ndcops.model.failover import RunHead

_STEPS_SHOWN = 60
_OUTCOMES = {"moved": "green", "stayed": "dim", "half": "bold red"}


def show_failover_plan(proposal: Proposal, simulated: Sequence[str], as_json: bool) -> None:
    """Moves in waves with their predicted pause and loss, then the steps; as JSON all of it."""
    plan, outlook = proposal.plan, proposal.outlook
    if as_json:
        show_json(
            {
                "run": proposal.run,
                "plan": plan.document(),
                "outlook": outlook.model_dump(mode="json") if outlook else None,
                "lasts_s": round(proposal.lasts_s, 1),
                "simulated": list(simulated),
            }
        )
        return
    _say_simulated(simulated)
    if outlook is not None:
        predictions = {each.service: each for each in outlook.predictions}
        waves = {name: number for number, wave in enumerate(outlook.waves, start=1) for name in wave}
        moves = sorted(outlook.moves, key=lambda move: (waves[move.service], move.service))
        table(
            f"{plan.title} on {plan.target}",
            [">wave", "service", "from", "to", "how", "pause (90%)", "may be lost", "basis"],
            [
                (
                    str(waves[m.service]),
                    m.service,
                    m.source,
                    m.target,
                    "realign" if m.realign else "planned" if m.planned else Text("site lost", style="bold red"),
                    _span(predictions[m.service].rto),
                    _loss(predictions[m.service]),
                    predictions[m.service].rto.basis,
                )
                for m in moves
            ],
        )
        for objection in outlook.accepted:
            out.print(f"accepted: {escape(str(objection))}", style="yellow")
    steps = plan.order()
    rows = [(str(at), step.key, step.describe()) for at, step in enumerate(steps[:_STEPS_SHOWN], start=1)]
    table(f"{len(steps)} steps, about {proposal.lasts_s:.0f} s", [">#", "step", "what"], rows)
    if len(steps) > _STEPS_SHOWN:
        out.print(f"… and {len(steps) - _STEPS_SHOWN} more; --json shows all", style="dim")


def show_readiness(found: Sequence[Readiness], simulated: Sequence[str], as_json: bool) -> None:
    """A line a service, and under it every reason."""
    if as_json:
        services = [
            {**each.model_dump(mode="json"), "ready": each.ready, "ready_if_lost": each.ready_if_lost}
            for each in found
        ]
        show_json({"services": services, "simulated": list(simulated)})
        return
    _say_simulated(simulated)
    table(
        "readiness",
        ["service", "grade", "at", "to", "planned", "if lost", "pause (90%)", "if lost (90%)", "last drill"],
        [
            (
                each.service,
                each.grade,
                each.site or Text("unknown", style="bold red"),
                each.other,
                _yes(each.ready),
                _yes(each.ready_if_lost),
                _span(each.prediction.rto) if each.prediction else "",
                _span(each.prediction_if_lost.rto) if each.prediction_if_lost else "",
                _drill(each),
            )
            for each in found
        ],
    )
    said = list(dict.fromkeys(str(objection) for each in found for objection in each.objections))
    for line in said:
        out.print(f"  {escape(line)}", soft_wrap=True)
    lost_only = {str(objection) for each in found for objection in each.if_lost} - set(said)
    for line in sorted(lost_only):
        out.print(f"  if lost: {escape(line)}", soft_wrap=True, style="dim")


def show_failover_status(
    facts: FailoverFacts, runs: Sequence[RunHead], simulated: Sequence[str], as_json: bool
) -> None:
    """The lock, the members, open runs, and where every service is."""
    open_runs = [head for head in runs if head.ending not in CLOSED]
    places = [(found, locate(facts, found)) for found in facts.services]
    if as_json:
        show_json(
            {
                "target": facts.target.value,
                "coordination": facts.coordination.model_dump(mode="json"),
                "sites": [site.model_dump(mode="json") for site in facts.sites],
                "fenced": sorted(facts.fenced),
                "open_runs": [head.model_dump(mode="json") for head in open_runs],
                "runs": [head.model_dump(mode="json") for head in runs],
                "services": [
                    {"service": found.service.id, **place.model_dump(mode="json")} for found, place in places
                ],
                "simulated": list(simulated),
            }
        )
        return
    _say_simulated(simulated)
    store = facts.coordination
    silent = [member.site for member in store.members if not member.answers]
    held = store.holder
    out.print(f"target {facts.target.value}; coordination: {_majority(store.has_majority, silent)}")
    out.print(f"lock: {escape(f'{held.actor} for {held.purpose}, epoch {held.epoch}') if held else 'free'}")
    rows = [
        (
            found.service.id,
            found.service.grade.value,
            place.site or Text("unknown", style="bold red"),
            found.service.home,
            ", ".join(place.astray),
            "; ".join(place.doubts),
        )
        for found, place in places
    ]
    table("services", ["service", "grade", "at", "home", "names astray at", "doubts"], rows)
    for head in open_runs:
        out.print(f"open: {escape(head.run)} ({escape(head.title)}, {head.ending or 'cut off'})", style="yellow")


def show_run(story: RunStory, as_json: bool) -> None:
    """One run: its services with measured figures, then what is not done."""
    if as_json:
        show_json(story.model_dump(mode="json"))
        return
    _say_simulated(story.simulated)
    ending = story.ending or "not ended"
    out.print(f"run {escape(story.run)}: {escape(story.title)} on {story.target}, {ending}")
    if story.services:
        rows = [_service_row(each) for each in story.services]
        table("services", ["service", "from", "to", "outcome", "pause", "promised", "outage seen", "lost"], rows)
    left = [step for step in story.steps if step.outcome not in ("done", "planned") or not story.ending]
    for step in left[:_STEPS_SHOWN]:
        if step.outcome != "done":
            out.print(f"  {escape(step.key)}: {step.outcome} {escape(step.error)}".rstrip(), soft_wrap=True)
    done = sum(step.outcome == "done" for step in story.steps)
    out.print(f"{done} of {len(story.steps)} steps done; {story.records} records, last {story.digest[:16]}…")


def _service_row(each: ServiceStory) -> tuple[str | Text | None, ...]:
    promised = each.predicted_ms
    return (
        each.service,
        each.source,
        each.target,
        Text(each.outcome, style=_OUTCOMES[each.outcome]),
        "" if each.pause_ms is None else f"{each.pause_ms / 1000:.1f} s",
        f"{promised[0] / 1000:.1f}–{promised[2] / 1000:.1f} s" if promised else "",
        "" if each.outage_ms is None else f"{each.outage_ms / 1000:.1f} s",
        "" if each.lost is None else str(each.lost),
    )


def _say_simulated(simulated: Sequence[str]) -> None:
    if simulated:
        out.print(f"simulated on this target: {escape('; '.join(simulated))}", style="magenta", soft_wrap=True)


def _majority(has_majority: bool, silent: Sequence[str]) -> str:
    word = "majority" if has_majority else "NO MAJORITY"
    return word + (f" ({', '.join(silent)} silent)" if silent else "")


def _span(interval: Interval) -> str:
    return f"{interval.low_s:.1f}–{interval.high_s:.1f} s"


def _loss(prediction: Prediction) -> str:
    if prediction.rpo_s is None:
        return "unknown"
    return "nothing" if prediction.rpo_s == 0 else f"{prediction.rpo_s} s of writes"


def _yes(ready: bool) -> Text:
    return Text("ready", style="green") if ready else Text("no", style="bold red")


def _drill(each: Readiness) -> Text | str:
    if each.last_drill is None:
        return Text("never", style="yellow")
    word = "passed" if each.last_drill.passed else "failed"
    return f"{word} {each.drill_age_days} d ago"
