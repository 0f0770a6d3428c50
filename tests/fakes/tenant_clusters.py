"""The ports ZoneStacks and TenantClusters in memory: what was applied stands, and rights follow from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ndcops.model.errors import NdcopsError
from ndcops.model.landing_zone import LandingZone, ZoneSystem
from ndcops.model.object_names import (
    AGENCY_LABEL,
    AGENCY_ROLE,
    CLASSIFICATION_LABEL,
    COST_CENTRE_LABEL,
    flow_policy,
    tenant_namespace,
)
from ndcops.model.record import JsonObject
from ndcops.model.stack_changes import ObjectChange, Operation, StackChanges, StackId
from ndcops.model.tenancy import AccessQuestion, FoundBinding, FoundNamespace, FoundPolicy
from ndcops.onboarding.ports.landing_zones import ZoneStack

MAY = {("get", "pods"), ("list", "pods"), ("create", "deployments"), ("get", "resourcequotas")}
"""What a bound group may do, of what tests ask."""


@dataclass
class FakeZones:
    """applied: by site and agency. extra: bindings put there by hand. silent: sites that do not answer."""

    applied: dict[tuple[str, str], LandingZone] = field(default_factory=dict)
    extra: list[tuple[str, FoundBinding]] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    asked: int = 0

    def look(self, zones: Sequence[LandingZone]) -> tuple[ZoneStack, ...]:
        return tuple(self._stack(zone) for zone in zones)

    def _stack(self, zone: LandingZone) -> ZoneStack:
        before = self.applied.get((zone.site, zone.agency))
        change = ObjectChange(urn="urn:zone", type="kubernetes:fake", operation=Operation.CREATE)
        stack = StackId(layer="agency", site=zone.site, agency=zone.agency)
        return ZoneStack(
            site=zone.site,
            fingerprint="applied" if before else "empty",
            object_count=1 if before else None,
            must_change=before != zone,
            preview=StackChanges(stack=stack, changes=() if before == zone else (change,)),
        )

    def apply(self, zone: LandingZone, fingerprint: str, report: Callable[[str], None]) -> JsonObject:
        self._answer(zone.site)
        report("made")
        self.applied[(zone.site, zone.agency)] = zone
        return {"changes": {"create": 1}, "unchanged": 0, "duration_ms": 1}

    def found(self, site: str, namespace: str) -> FoundNamespace:
        self._answer(site)
        for zone, system in self._systems(site):
            if tenant_namespace(system.system) == namespace:
                return self._namespace(site, zone, system)
        return FoundNamespace(namespace=namespace, exists=False)

    def _namespace(self, site: str, zone: LandingZone, system: ZoneSystem) -> FoundNamespace:
        names = ["allow-dns", "own-pods", *(flow_policy(flow.direction, flow.name) for flow in system.flows)]
        return FoundNamespace(
            namespace=tenant_namespace(system.system),
            exists=True,
            labels={
                AGENCY_LABEL: zone.agency,
                CLASSIFICATION_LABEL: system.classification.value,
                COST_CENTRE_LABEL: system.cost_centre,
                "pod-security.kubernetes.io/enforce": "restricted",
            },
            quota={
                "requests.cpu": str(system.size.cpu_cores),
                "limits.memory": system.size.memory,
                "pods": str(system.size.pods),
            },
            has_limits=True,
            policies=(
                FoundPolicy(name="default-deny", denies_all=True),
                *(FoundPolicy(name=name, denies_all=False) for name in names),
            ),
            bindings=self.bindings(site, [tenant_namespace(system.system)]),
        )

    def bindings(self, site: str, namespaces: Sequence[str]) -> tuple[FoundBinding, ...]:
        self._answer(site)
        own = [
            FoundBinding(
                namespace=tenant_namespace(system.system),
                name=f"group-{group}",
                role=f"ClusterRole {AGENCY_ROLE}",
                subjects=(f"Group {group}",),
            )
            for _, system in self._systems(site)
            for group in system.groups
        ]
        strange = [binding for where, binding in self.extra if where == site]
        return tuple(each for each in (*own, *strange) if each.namespace in namespaces)

    def allowed(self, site: str, questions: Sequence[AccessQuestion]) -> tuple[bool, ...]:
        self._answer(site)
        self.asked += len(questions)
        namespaces = sorted({question.namespace for question in questions})
        bound = {
            (binding.namespace, subject)
            for binding in self.bindings(site, namespaces)
            for subject in binding.subjects
        }
        return tuple(
            (question.verb, question.resource) in MAY
            and not question.subresource
            and any((question.namespace, f"Group {group}") in bound for group in question.groups)
            for question in questions
        )

    def _systems(self, site: str) -> list[tuple[LandingZone, ZoneSystem]]:
        return [
            (zone, system) for (where, _), zone in self.applied.items() if where == site for system in zone.systems
        ]

    def _answer(self, site: str) -> None:
        if site in self.silent:
            raise NdcopsError(f"cluster {site} does not answer", resolution="ndcops doctor")
