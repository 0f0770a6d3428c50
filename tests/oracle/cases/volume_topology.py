"""Volumes that exist and can be reached from some nodes only: node affinity of the volume, and its zone labels."""

from tests.oracle.cases.claims import Requirement, add_bound, hostnames, mount, restrict
from tests.oracle.cases.draft import HOSTNAME, RACK, REGION, ZONE, Draft, labels_of
from tests.oracle.cases.nodes import OLD_ZONE

ZONES = ("z1", "z2", "z3")


def bound(draft: Draft) -> None:
    """One or two bound claims; the volumes are local or belong to a zone or a rack."""
    for _ in range(draft.one((1, 1, 2))):
        claim, volume = add_bound(draft)
        mount(draft.pod, claim)
        if draft.odds(0.9):
            restrict(volume, [[_place(draft)] for _ in range(draft.one((1, 1, 2)))])
        if draft.odds(0.03):
            draft.objects["persistentvolumes"].remove(volume)


def zone_labels(draft: Draft) -> None:
    """Zone labels, from before volumes had node affinity; two underscores join several zones."""
    for _ in range(draft.one((1, 1, 2))):
        claim, volume = add_bound(draft)
        mount(draft.pod, claim)
        zones = "__".join(draft.chance.sample(ZONES, draft.one((1, 1, 2))))
        labels = labels_of(volume)
        labels[draft.one((ZONE, ZONE, OLD_ZONE))] = zones
        if draft.odds(0.3):
            labels[REGION] = draft.one(("north", "south"))
    for node in draft.some(draft.nodes, 0.2):
        labels_of(node)[OLD_ZONE] = labels_of(node).get(ZONE, "z1")
    if draft.odds(0.2):
        for node in draft.some(draft.nodes, 0.5):
            for key in (ZONE, REGION, OLD_ZONE):
                labels_of(node).pop(key, None)


def _place(draft: Draft) -> Requirement:
    key = draft.one((HOSTNAME, ZONE, RACK))
    if key == HOSTNAME:
        return key, hostnames(draft, 0.2)
    if key == ZONE:
        return key, draft.at_least_one(ZONES, 0.3)
    return key, draft.at_least_one(("z1-r1", "z1-r2", "z2-r1", "z2-r2"), 0.3)
