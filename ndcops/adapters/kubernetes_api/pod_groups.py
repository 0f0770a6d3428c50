"""Groups equal pods while they come in, so that memory grows with the templates and not with the pods."""

import hashlib
from dataclasses import dataclass, field

import orjson

from ndcops.adapters.kubernetes_api.pod_trimming import ENDED, trim_pod
from ndcops.model.record import JsonObject
from ndcops.model.snapshot import PodGroup

_DIGEST_BYTES = 16


@dataclass
class PodGroups:
    """Templates and the nodes of their pods, by the digest of the template's canonical form."""

    _templates: dict[bytes, tuple[JsonObject, dict[str, int]]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def add(self, pod: JsonObject) -> None:
        """Count a pod; one that has ended holds nothing and is left out."""
        if pod.get("status", {}).get("phase") in ENDED:
            return
        template = trim_pod(pod)
        canonical = orjson.dumps(template, option=orjson.OPT_SORT_KEYS)
        key = hashlib.blake2b(canonical, digest_size=_DIGEST_BYTES).digest()
        if key not in self._templates:
            # Read again from its own bytes: the page's text would otherwise stay in memory piece by piece.
            self._templates[key] = (orjson.loads(canonical), {})
        nodes = self._templates[key][1]
        name = pod["spec"].get("nodeName", "")
        name = self._names.setdefault(name, name)  # one text a node, not one a pod
        nodes[name] = nodes.get(name, 0) + 1

    def groups(self) -> tuple[PodGroup, ...]:
        """All groups, in an order that does not depend on the order of the pods."""
        found = sorted(self._templates.items())
        return tuple(
            PodGroup.model_construct(template=template, nodes=dict(sorted(nodes.items())))
            for _, (template, nodes) in found
        )
