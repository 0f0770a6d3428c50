"""Where a volume of an in-tree plugin can be mounted once a CSI driver serves it on a node.

Rules: k8s.io/csi-translation-lib, translateTopologyFromInTreeToCSI: the zone label becomes the driver's own.
"""

from copy import deepcopy

from ndcops.capacity.plan.fit.node_selectors import NodeSelector, node_selector
from ndcops.capacity.plan.fit.pod_volumes import IN_TREE_FIELDS
from ndcops.capacity.plan.fit.storage import Storage
from ndcops.model.record import JsonObject

_ANNOTATION = "storage.alpha.kubernetes.io/migrated-plugins"
_ZONE, _REGION = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
_OLD_ZONE, _OLD_REGION = "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region"
_DRIVER_ZONE = {
    "kubernetes.io/gce-pd": "topology.gke.io/zone",
    "kubernetes.io/aws-ebs": "topology.ebs.csi.aws.com/zone",
    "kubernetes.io/cinder": "topology.cinder.csi.openstack.org/zone",
}


def in_tree_plugin(volume: JsonObject) -> str | None:
    """The in-tree plugin of a volume whose topology changes with its driver; None for others."""
    plugins = (plugin for name, (plugin, _) in IN_TREE_FIELDS.items() if volume["spec"].get(name))
    plugin = next(plugins, None)
    return plugin if plugin in _DRIVER_ZONE else None


def is_migrated(storage: Storage, node: str, plugin: str) -> bool:
    """Whether the node's CSINode says that a CSI driver serves the plugin's volumes there."""
    annotations = ((storage.csi_nodes.get(node) or {}).get("metadata") or {}).get("annotations") or {}
    return plugin in (annotations.get(_ANNOTATION) or "").split(",")


def migrated_affinity(volume: JsonObject, plugin: str) -> NodeSelector | None:
    """The volume's node affinity as its CSI driver has it."""
    affinity = deepcopy((volume["spec"].get("nodeAffinity") or {}).get("required")) or {}
    terms: list[JsonObject] = affinity.get("nodeSelectorTerms") or []
    labels = volume["metadata"].get("labels") or {}
    zone, region = _labels_in_use(terms, labels)
    zoned = [each for term in terms for each in term.get("matchExpressions") or () if each["key"] == zone]
    if any(each.get("values") for each in zoned):
        for each in zoned:
            each["key"] = _DRIVER_ZONE[plugin]
    elif zones := sorted({part.strip() for part in labels.get(zone, "").split("__")} - {""}):
        terms = terms or [{}]
        for term in terms:
            wanted = {"key": _DRIVER_ZONE[plugin], "operator": "In", "values": zones}
            term["matchExpressions"] = [*(term.get("matchExpressions") or ()), wanted]
    for each in (each for term in terms for each in term.get("matchExpressions") or ()):
        if region == _OLD_REGION and each["key"] == _OLD_REGION:
            each["key"] = _REGION
    return node_selector({"nodeSelectorTerms": terms}) if terms else None


def _labels_in_use(terms: list[JsonObject], labels: JsonObject) -> tuple[str, str]:
    """Which generation of labels the volume carries: its affinity first, then its labels, new before old."""
    keys = {each["key"] for term in terms for each in term.get("matchExpressions") or ()}
    for holder in (keys, labels.keys()):
        if _ZONE in holder:
            return _ZONE, _REGION
        if _OLD_ZONE in holder:
            return _OLD_ZONE, _OLD_REGION
    return _ZONE, _REGION
