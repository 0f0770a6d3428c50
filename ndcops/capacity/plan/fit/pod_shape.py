"""A pod as the scheduler sees it: all that the default filters read, parsed once for all pods of a template."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ndcops.capacity.plan.fit.node_selectors import NodeSelector, named_nodes, node_selector
from ndcops.capacity.plan.fit.pod_size import pod_requests
from ndcops.capacity.plan.fit.pod_volumes import PodVolumes, pod_volumes
from ndcops.capacity.plan.fit.quantity import is_counted
from ndcops.capacity.plan.fit.selectors import Labels, Selector, equal_to, label_selector
from ndcops.capacity.plan.fit.tolerations import Toleration, tolerations_of
from ndcops.model.record import JsonObject

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - how Kubernetes writes a host port on every address


@dataclass(frozen=True)
class HostPort:
    """A port of the node that the pod takes."""

    address: str
    protocol: str
    port: int


@dataclass(frozen=True)
class SpreadRule:
    """A topology spread constraint: hard ones refuse nodes, soft ones rank them."""

    key: str
    max_skew: int
    selector: Selector
    min_domains: int
    honours_affinity: bool
    honours_taints: bool


@dataclass(frozen=True)
class PodTerm:
    """A required pod affinity or anti-affinity term, namespaces resolved as far as the pod alone tells."""

    key: str
    selector: Selector
    namespaces: frozenset[str]
    namespace_selector: Selector

    def matches(self, namespace: str, namespace_labels: Labels, labels: Labels) -> bool:
        """Whether a pod of that namespace and those labels is meant."""
        is_in = namespace in self.namespaces or self.namespace_selector.matches(namespace_labels)
        return is_in and self.selector.matches(labels)


@dataclass(frozen=True)
class DeviceClaim:
    """A `resourceClaims` entry: the claim's name, or None when its template's claim was not made yet."""

    entry: str
    claim: str | None
    is_from_template: bool


@dataclass(frozen=True, eq=False)
class PodShape:
    """One template of pods. `requests` in millicores, bytes and pieces; compared by identity.

    belongs_to_node: made for its node by a DaemonSet or the kubelet, and gone with it.
    """

    namespace: str
    name: str
    uid: str
    labels: dict[str, str]
    requests: dict[str, int]
    priority: int
    may_preempt: bool
    node_name: str
    gates: tuple[str, ...]
    is_terminating: bool
    tolerations: tuple[Toleration, ...]
    node_labels: Selector | None
    node_affinity: NodeSelector | None
    named_nodes: frozenset[str] | None
    ports: tuple[HostPort, ...]
    spread: tuple[SpreadRule, ...]
    soft_spread: tuple[SpreadRule, ...]
    affinity: tuple[PodTerm, ...]
    anti_affinity: tuple[PodTerm, ...]
    volumes: PodVolumes
    claims: tuple[DeviceClaim, ...]
    belongs_to_node: bool = False
    features: frozenset[str] = field(default_factory=frozenset)

    @property
    def selects_nodes(self) -> bool:
        """Whether the pod has a node selector or required node affinity."""
        return self.node_labels is not None or self.node_affinity is not None

    def with_volumes(self, volumes: PodVolumes) -> "PodShape":
        """The same with other volumes; `dataclasses.replace` would go through every field."""
        other = object.__new__(PodShape)
        other.__dict__.update(self.__dict__, volumes=volumes)
        return other


def pod_shape(pod: JsonObject, *, is_running: bool = False) -> PodShape:
    """The shape of a pod as the API server stores it. Raises ValueError or KeyError for what it never would."""
    metadata, spec = pod.get("metadata") or {}, pod["spec"]
    affinity = spec.get("affinity") or {}
    required = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    labels = metadata.get("labels") or {}
    namespace = metadata.get("namespace") or "default"
    requests = pod_requests(pod, is_running=is_running)
    return PodShape(
        namespace=namespace,
        name=metadata.get("name") or metadata.get("generateName") or "",
        uid=metadata.get("uid") or "",
        labels=labels,
        requests={name: value for name, value in requests.items() if value > 0 and is_counted(name)},
        priority=int(spec.get("priority") or 0),
        may_preempt=spec.get("preemptionPolicy") != "Never",
        node_name="" if is_running else spec.get("nodeName") or "",
        gates=tuple(each["name"] for each in spec.get("schedulingGates") or ()),
        is_terminating=metadata.get("deletionTimestamp") is not None,
        tolerations=tolerations_of(spec.get("tolerations")),
        node_labels=equal_to(spec["nodeSelector"]) if spec.get("nodeSelector") else None,
        node_affinity=node_selector(required),
        named_nodes=named_nodes(required),
        ports=tuple(_host_ports(spec)),
        spread=tuple(_spread_rules(spec, labels, "DoNotSchedule")),
        soft_spread=tuple(_spread_rules(spec, labels, "ScheduleAnyway")),
        affinity=_pod_terms(affinity.get("podAffinity"), namespace),
        anti_affinity=_pod_terms(affinity.get("podAntiAffinity"), namespace),
        volumes=pod_volumes(pod),
        claims=tuple(_device_claims(pod)),
        belongs_to_node=any(
            each.get("kind") in ("DaemonSet", "Node") for each in metadata.get("ownerReferences") or ()
        ),
        features=frozenset(_features(spec)),
    )


def _host_ports(spec: JsonObject) -> Iterator[HostPort]:
    """Ports of containers that run for the pod's whole life (util.GetHostPorts)."""
    sidecars = (each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always")
    for container in (*sidecars, *(spec.get("containers") or ())):
        for port in container.get("ports") or ():
            if (port.get("hostPort") or 0) > 0:
                address, protocol = port.get("hostIP") or ANY_ADDRESS, port.get("protocol") or "TCP"
                yield HostPort(address, protocol, port["hostPort"])


def _spread_rules(spec: JsonObject, labels: Labels, unsatisfiable: str) -> Iterator[SpreadRule]:
    for each in spec.get("topologySpreadConstraints") or ():
        if each.get("whenUnsatisfiable") != unsatisfiable:
            continue
        same = {key: labels[key] for key in each.get("matchLabelKeys") or () if key in labels}
        yield SpreadRule(
            key=each["topologyKey"],
            max_skew=each["maxSkew"],
            selector=label_selector(each.get("labelSelector")).also(same),
            min_domains=each.get("minDomains") or 1,
            honours_affinity=(each.get("nodeAffinityPolicy") or "Honor") == "Honor",
            honours_taints=(each.get("nodeTaintsPolicy") or "Ignore") == "Honor",
        )


def _pod_terms(written: JsonObject | None, namespace: str) -> tuple[PodTerm, ...]:
    terms: Iterable[JsonObject] = (written or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    found = []
    for term in terms:
        listed, chosen = term.get("namespaces") or (), term.get("namespaceSelector")
        own = (namespace,) if not listed and chosen is None else listed
        selector = label_selector(term.get("labelSelector"))
        found.append(PodTerm(term["topologyKey"], selector, frozenset(own), label_selector(chosen)))
    return tuple(found)


def _device_claims(pod: JsonObject) -> Iterator[DeviceClaim]:
    statuses = (pod.get("status") or {}).get("resourceClaimStatuses") or ()
    made = {each["name"]: each.get("resourceClaimName") for each in statuses}
    for entry in pod["spec"].get("resourceClaims") or ():
        direct = entry.get("resourceClaimName")
        name = entry["name"]
        if direct:
            yield DeviceClaim(name, direct, is_from_template=False)
        elif name not in made or made[name]:  # a status without a claim says that none is needed
            yield DeviceClaim(name, made.get(name), is_from_template=True)


def _features(spec: JsonObject) -> Iterator[str]:
    """Features that a node must declare (k8s.io/component-helpers/nodedeclaredfeatures/features)."""
    containers = (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
    rules = (rule for each in containers for rule in each.get("restartPolicyRules") or ())
    if any(rule.get("action") == "RestartAllContainers" for rule in rules):
        yield "RestartAllContainersOnContainerExits"
    if spec.get("hostNetwork") and spec.get("hostUsers") is False:
        yield "UserNamespacesHostNetworkSupport"
