"""Seeded questions for the scheduler: a small cluster with residents, and one pod that looks for a node."""

from random import Random

from tests.oracle.cases.draft import Draft, Json
from tests.oracle.cases.nodes import add_namespaces, add_nodes
from tests.oracle.cases.pods import add_residents, incoming_pod
from tests.oracle.cases.themes import MOST_THEMES, THEMES

__all__ = ["case"]


def case(seed: int) -> Json:
    """Return the case of that seed: `id`, `themes` (names of what it is about), `objects` by plural, `pod`."""
    chance = Random(f"fit/{seed}")
    draft = Draft(chance, incoming_pod(chance))
    add_namespaces(draft)
    add_nodes(draft)
    add_residents(draft)
    chosen = _themes(chance)
    for name in chosen:
        THEMES[name].apply(draft)
    if draft.odds(0.02):
        draft.objects["namespaces"].pop(draft.chance.randrange(len(draft.objects["namespaces"])))
    return {"id": seed, "themes": chosen, "objects": draft.objects, "pod": draft.pod}


def _themes(chance: Random) -> list[str]:
    wanted = chance.choices(range(1, MOST_THEMES + 1), weights=[50, 30, 15, 5])[0]
    drawn = chance.choices(list(THEMES), weights=[theme.weight for theme in THEMES.values()], k=wanted)
    return [name for name in THEMES if name in drawn]
