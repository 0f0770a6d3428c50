"""Taints of the three effects, tolerations that cover them or nearly do, and cordoned nodes."""

from tests.oracle.cases.draft import Draft, Json
from tests.oracle.cases.nodes import cordon, taint

KEYS = ("dedicated", "spot", "node.kubernetes.io/not-ready")
VALUES = ("db", "ml", "")
EFFECTS = ("NoSchedule", "NoExecute", "PreferNoSchedule")


def taints(draft: Draft) -> None:
    """Most nodes get one to three taints; the pod tolerates some."""
    for node in draft.at_least_one(draft.nodes, 0.75):
        for _ in range(draft.one((1, 1, 2, 3))):
            taint(node, draft.one(KEYS), draft.one(VALUES), draft.one(EFFECTS))
    tolerations = [_toleration(draft) for _ in range(draft.chance.randint(0, 4))]
    if tolerations:
        draft.pod["spec"].setdefault("tolerations", []).extend(tolerations)


def cordons(draft: Draft) -> None:
    """Cordoned nodes; some pods tolerate that, as DaemonSets' do."""
    for node in draft.at_least_one(draft.nodes, 0.6):
        cordon(node)
        if draft.odds(0.15):
            node["spec"].pop("taints")  # cordoned this moment: the controller has not tainted it yet
    if draft.odds(0.3):
        key = {"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}
        effect = draft.one(({"effect": "NoSchedule"}, {}, {"effect": "NoExecute"}))
        draft.pod["spec"].setdefault("tolerations", []).append(key | effect)


def _toleration(draft: Draft) -> Json:
    effect = draft.one(("", *EFFECTS))
    end: Json = {"effect": effect} if effect else {}
    if effect == "NoExecute" and draft.odds(0.5):
        end["tolerationSeconds"] = 300
    if draft.odds(0.08):
        return {"operator": "Exists"} | end
    key = draft.one(KEYS)
    if draft.odds(0.4):
        return {"key": key, "operator": "Exists"} | end
    value = draft.one(VALUES)
    operator = {"operator": "Equal"} if draft.odds(0.9) else {}
    return {"key": key} | operator | ({"value": value} if value else {}) | end
