"""Cloud disks in the old spelling that a CSI driver serves: they count against that driver's limits and zones."""

from tests.oracle.cases.claims import add_claim, add_class, bind, mount
from tests.oracle.cases.draft import ZONE, Draft, Json, labels_of, name_of
from tests.oracle.cases.pods import add_resident

PLUGIN = "kubernetes.io/gce-pd"
DRIVER = "pd.csi.storage.gke.io"
MIGRATED = "storage.alpha.kubernetes.io/migrated-plugins"


def migrated_disks(draft: Draft) -> None:
    """Disks named in pods and in volumes; most nodes say that they migrated the plugin."""
    known = {name_of(each) for each in draft.objects.get("csinodes", [])}
    for node in draft.nodes:
        if draft.odds(0.9) and name_of(node) not in known:
            _csi_node(draft, node)
    for number, node in enumerate(draft.nodes):
        for copy in range(draft.one((0, 1, 1, 2))):
            _inline(add_resident(draft, name_of(node)), f"disk-{number}-{copy}")
    for number in range(draft.one((1, 1, 2))):
        if draft.odds(0.5):
            _inline(draft.pod, f"new-{number}")
        else:
            mount(draft.pod, _bound_disk(draft, f"old-{number}"))


def _csi_node(draft: Draft, node: Json) -> None:
    driver: Json = {"name": DRIVER, "nodeID": name_of(node), "topologyKeys": [ZONE]}
    if draft.odds(0.85):
        driver["allocatable"] = {"count": draft.one((1, 2, 2, 3))}
    added = draft.add("csinodes", name_of(node), {"spec": {"drivers": [driver]}})
    if draft.odds(0.8):
        added["metadata"]["annotations"] = {MIGRATED: f"kubernetes.io/aws-ebs,{PLUGIN}"}


def _inline(pod: Json, disk: str) -> None:
    volumes = pod["spec"].setdefault("volumes", [])
    volumes.append({"name": f"v{len(volumes)}", "gcePersistentDisk": {"pdName": disk}})


def _bound_disk(draft: Draft, disk: str) -> Json:
    class_name = name_of(add_class(draft, provisioner=PLUGIN))
    name = draft.fresh("pv")
    spec = {
        "capacity": {"storage": "10Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": class_name,
        "volumeMode": "Filesystem",
        "persistentVolumeReclaimPolicy": "Delete",
        "gcePersistentDisk": {"pdName": disk},
    }
    volume = draft.add("persistentvolumes", name, {"spec": spec, "status": {"phase": "Available"}})
    if draft.odds(0.6):
        labels_of(volume)[ZONE] = draft.one(("z1", "z2"))
    claim = add_claim(draft, class_name)
    bind(claim, volume)
    return claim
