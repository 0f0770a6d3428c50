"""What objects are called and labelled in Kubernetes; stacks, rooms and tests take names from here.

A name that another layer also needs is given twice: as an output of the layer that makes it, and by these
rules, so that a first preview knows it before anything exists.
"""

from hashlib import sha256

from ndcops.model.record import JsonObject
from ndcops.model.service import Grade, Service, Workload
from ndcops.model.site import Flow, NodePool, StorageTier, Zone, ZoneKind

DOMAIN = "ndc.gov.vn"
SITE_LABEL = f"{DOMAIN}/site"
ZONE_LABEL = f"{DOMAIN}/zone"
ZONE_KIND_LABEL = f"{DOMAIN}/zone-kind"
LIMIT_LABEL = f"{DOMAIN}/classification-limit"
CLASSIFICATION_LABEL = f"{DOMAIN}/classification"
ROLE_LABEL = f"{DOMAIN}/role"
AGENCY_LABEL = f"{DOMAIN}/agency"
COST_CENTRE_LABEL = f"{DOMAIN}/cost-centre"
POOL_LABEL = f"{DOMAIN}/pool"
RACK_LABEL = f"{DOMAIN}/rack"
EXPOSED_LABEL = f"{DOMAIN}/exposed"
GATEWAY_LABEL = "gateway.networking.k8s.io/gateway-name"
"""Gateway implementations put it on the pods that they run for a Gateway (GEP-1762)."""
NAME_LABEL = "app.kubernetes.io/name"
SERVICE_LABEL = "app.kubernetes.io/part-of"
NAMESPACE_LABEL = "kubernetes.io/metadata.name"

HOME, STANDBY = "home", "standby"
AGENCY_ROLE = "ndcops-agency"
"""The cluster role of agencies' groups in their namespaces; ndcops-operator may bind no other."""
GATEWAY = "entry"
_LONGEST_LABEL = 63
_LONGEST_WORKLOAD = 52
"""A StatefulSet's pods carry its name and a hash of 11 characters in one label."""


def bounded(name: str, longest: int = _LONGEST_LABEL) -> str:
    """`name`, or its start and 8 digits of its SHA-256 when it is longer than `longest` characters."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - 9].rstrip('-.')}-{sha256(name.encode()).hexdigest()[:8]}"


def zone_namespace(zone: str, network_outputs: JsonObject | None = None) -> str:
    """The namespace of a zone: what the network layer gave, else the rule."""
    return _given(network_outputs, "zones", zone) or bounded(f"ndc-{zone}")


def tenant_namespace(system: str) -> str:
    """The namespace of an agency's system; ids of systems are unique in the country."""
    return bounded(f"tenant-{system}")


def flow_policy(direction: str, name: str) -> str:
    """The policy that lets one authorised flow of a landing zone pass, `in` or `out`."""
    return bounded(f"{'from' if direction == 'in' else 'to'}-{name}")


DENY_POLICY, DNS_POLICY, OWN_PODS_POLICY = "default-deny", "allow-dns", "own-pods"
"""What every landing zone's namespace has beside its flows."""


def storage_class(tier: str, storage_outputs: JsonObject | None = None) -> str:
    """The storage class of a tier: what the storage layer gave, else the rule."""
    return _given(storage_outputs, "classes", tier) or bounded(f"ndc-{tier}")


def _given(outputs: JsonObject | None, table: str, key: str) -> str:
    names = (outputs or {}).get(table)
    found = names.get(key) if isinstance(names, dict) else None
    return found if isinstance(found, str) else ""


def gateway_class(kind: ZoneKind) -> str:
    """Citizens come in by one class of gateway, the administration by another."""
    return "ndc-public" if kind is ZoneKind.PUBLIC else "ndc-internal"


def flow_policies(flow: Flow) -> tuple[str, str]:
    """The names of a flow's two policies: egress in its source's namespace, ingress in its destination's."""
    ports = "-".join(f"{port.protocol.lower()}-{port.port}" for port in flow.ports)
    return bounded(f"to-{flow.destination}-{ports}"), bounded(f"from-{flow.source}-{ports}")


def volume_attributes_class(tier: StorageTier) -> str:
    """Its parameters can never change, so the name says them."""
    return bounded(f"ndc-{tier.name}-iops-{tier.iops_per_gib}")


def priority_class(grade: Grade) -> str:
    """The priority class of a grade."""
    return f"ndc-grade-{grade.value.lower()}"


def gpu_class(pool: NodePool) -> str:
    """The runtime class and the device class of a pool with accelerators."""
    return bounded(f"ndc-gpu-{pool.name}")


def workload_object(service: Service, workload: Workload) -> str:
    """The Deployment or StatefulSet of a workload, its Service and its disruption budget."""
    return bounded(f"{service.id}-{workload.name}", _LONGEST_WORKLOAD)


def zone_labels(site: str, zone: Zone) -> dict[str, str]:
    """The labels by which admission and traffic policies know a zone's namespace."""
    return {
        SITE_LABEL: site,
        ZONE_LABEL: zone.name,
        ZONE_KIND_LABEL: zone.kind.value,
        LIMIT_LABEL: zone.kind.classification_limit.value,
    }
