"""How many volumes of a driver a node can attach, and how many it has."""

from tests.oracle.cases.claims import DRIVER, add_bound, add_claim, add_class, mount
from tests.oracle.cases.draft import Draft, Json, name_of
from tests.oracle.cases.pods import add_resident

OTHER_DRIVER = "block.example.com"


def attach_limits(draft: Draft) -> None:
    """Low limits, volumes in use by residents or attached by nobody's pod any more, and one to three new ones."""
    for node in draft.nodes:
        if draft.odds(0.9):
            _csi_node(draft, node)
    if draft.odds(0.2):
        spec = {"attachRequired": True, "podInfoOnMount": False, "preventPodSchedulingIfMissing": draft.odds(0.5)}
        if not any(name_of(each) == DRIVER for each in draft.objects.get("csidrivers", [])):
            draft.add("csidrivers", DRIVER, {"spec": spec})
    claims = [
        add_bound(draft, driver=draft.one((DRIVER, DRIVER, OTHER_DRIVER))) for _ in range(draft.one((1, 2, 3)))
    ]
    for node in draft.nodes:
        _use(draft, node, claims)
    for claim, _volume in claims:
        mount(draft.pod, claim)
    if draft.odds(0.3):
        mount(draft.pod, add_claim(draft, name_of(add_class(draft))))


def _csi_node(draft: Draft, node: Json) -> None:
    drivers = []
    for driver in draft.at_least_one((DRIVER, OTHER_DRIVER), 0.8):
        entry: Json = {"name": driver, "nodeID": name_of(node), "topologyKeys": []}
        if draft.odds(0.85):
            entry["allocatable"] = {"count": draft.one((1, 1, 2, 3, 4))}
        drivers.append(entry)
    if not any(name_of(each) == name_of(node) for each in draft.objects.get("csinodes", [])):
        draft.add("csinodes", name_of(node), {"spec": {"drivers": drivers}})


def _use(draft: Draft, node: Json, shared: list[tuple[Json, Json]]) -> None:
    """Residents with volumes of their own or the incoming pod's, and attachments without a pod."""
    for _ in range(draft.one((0, 1, 1, 2))):
        own = not draft.odds(0.25)
        claim, volume = add_bound(draft) if own else draft.one(shared)
        if draft.odds(0.8):
            resident = add_resident(draft, name_of(node), draft.namespace)
            mount(resident, claim)
        if draft.odds(0.6):
            source = {"persistentVolumeName": name_of(volume)}
            spec = {"attacher": volume["spec"]["csi"]["driver"], "nodeName": name_of(node), "source": source}
            draft.add("volumeattachments", draft.fresh("attachment"), {"spec": spec, "status": {"attached": True}})
