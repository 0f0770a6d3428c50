"""The roadmap on a terminal."""

from ndcops.cli.render.console import out, say, show_json, show_table
from ndcops.model.roadmap import PlannedMove, Roadmap

_LISTED = 60
"""Moves of the table; the files have all."""


def show_roadmap(found: Roadmap, as_json: bool) -> None:
    """Waves, moves with their nights and reasons, and what has no place."""
    if as_json:
        show_json(found.model_dump(mode="json"))
        return
    waves = [
        (wave.number + 1, f"{wave.first} to {wave.last}", wave.systems, wave.risk, _busiest(wave.effort_permille))
        for wave in found.shown_waves
    ]
    show_table("waves", ["wave", "days", "cut-overs", "risk", "busiest team"], waves)
    rows = [
        (
            move.ends + 1,
            ", ".join(sorted({str(each.night) for each in move.cutovers})),
            " + ".join(each.system for each in move.cutovers),
            ", ".join(sorted({each.agency for each in move.cutovers})),
            why_not_earlier(move),
        )
        for move in found.moves[:_LISTED]
    ]
    show_table("moves", ["wave", "night", "systems", "agency", "not earlier because of"], rows)
    if len(found.moves) > _LISTED:
        say(f"{len(found.moves) - _LISTED} more moves: --html, --markdown or --json has them")
    left = [(each.agency, each.system, f"{each.why} {each.about}".strip()) for each in found.left_out]
    if left:
        show_table("not planned", ["agency", "system", "why"], left)
    out.print(
        f"{found.makespan_waves} waves; fewer than {found.lower_bound_waves} are impossible; "
        f"{found.kept} of {found.formerly_planned} moves stand where the former roadmap had them"
    )


def why_not_earlier(move: PlannedMove) -> str:
    """Its reasons in words."""
    return "; ".join(f"{each.kind} {each.about}".strip() for each in move.reasons)


def _busiest(effort_permille: dict[str, int]) -> str:
    team = max(effort_permille, key=lambda name: effort_permille[name], default="")
    return f"{team} {effort_permille[team] // 10}%" if team else ""
