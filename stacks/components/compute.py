"""The compute layer of a site: classes, admission, and the systems it hosts; `stacks/compute` runs it."""

import pulumi

from ndcops.model.object_names import priority_class, zone_namespace
from ndcops.model.record import JsonObject
from ndcops.model.service import Grade, Service
from ndcops.model.stack_input import StackInput
from stacks.components.admission_objects import admission_objects
from stacks.components.placement import Placement
from stacks.components.registration import cluster_provider, register, register_all
from stacks.components.replication_objects import fence_classes, replication_objects
from stacks.components.scheduling_objects import accelerator_objects, priority_objects
from stacks.components.service_objects import (
    companion_objects,
    placed_workloads,
    role_at,
    route_objects,
    settings_objects,
    workload_manifest,
)
from stacks.components.service_traffic import blocked_dependencies, service_policy


class SiteCompute(pulumi.ComponentResource):
    """Everything that the compute layer puts into a site's cluster."""

    def __init__(self, given: StackInput) -> None:
        options = pulumi.ResourceOptions(providers=[cluster_provider(given)])
        super().__init__("ndcops:site:Compute", given.site.name, None, options)
        self._given = given
        self._placement = Placement(given.moved)
        register_all(admission_objects(given.site), self)
        register_all(fence_classes(given.site, given.api_groups), self)
        classes = register_all(priority_objects(), self)
        self._priorities = dict(zip(Grade, classes, strict=True))
        self._accelerators = register_all(accelerator_objects(given.site), self)
        for service in given.services:
            self._host(service)
        for dependency in blocked_dependencies(given.site, given.services):
            pulumi.log.warn(f"no flow of site '{given.site.name}' carries {dependency}: it is denied", self)
        self.register_outputs({})

    def _host(self, service: Service) -> None:
        given = self._given
        namespace = zone_namespace(service.zone, given.upstream.get("network"))
        settings = register_all(settings_objects(given.site, service, namespace), self)
        register(service_policy(given.site, service, given.services, namespace), self)
        routes = route_objects(given.site, service, namespace)
        storage = given.upstream.get("storage")
        data = replication_objects(given.site, service, namespace, storage, given.api_groups)
        register_all([self._placement.kept(document) for document in (*routes, *data)], self)
        for placed in placed_workloads(given.site, service):
            register_all(companion_objects(placed, namespace), self)
            # Only what a pod cannot start without: the rest goes out at the same time.
            needed = [*settings, self._priorities[service.grade]]
            if placed.workload.gpus:
                needed += self._accelerators
            workload = workload_manifest(placed, namespace, storage)
            register(self._placement.kept(workload, placed.workload.replicas), self, needed)


def compute_outputs(given: StackInput) -> JsonObject:
    """What reports and later layers read."""
    roles = [role_at(given.site, service) for service in given.services]
    return {
        "priorities": {grade.value: priority_class(grade) for grade in Grade},
        "services": {"home": roles.count("home"), "standby": roles.count("standby")},
        "blocked_dependencies": blocked_dependencies(given.site, given.services),
    }
