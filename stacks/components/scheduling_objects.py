"""Who goes first and what runs on accelerators: priority, runtime and device classes.

Pure; the compute layer registers what it returns.
"""

import json

from ndcops.model.object_names import POOL_LABEL, gpu_class, priority_class
from ndcops.model.service import Grade
from ndcops.model.site import NodePool, Site
from ndcops.model.workload_pod import pool_tolerations
from stacks.components.manifest import Manifest, manifest


def priority_objects() -> list[Manifest]:
    """A priority class for each grade; grade D waits for room, it never pushes others out."""
    return [
        manifest(
            "scheduling.k8s.io/v1",
            "PriorityClass",
            priority_class(grade),
            {
                "value": grade.priority,
                "preemptionPolicy": "Never" if grade is Grade.D else "PreemptLowerPriority",
                "description": f"Systems of grade {grade.value}",
            },
        )
        for grade in Grade
    ]


def accelerator_objects(site: Site) -> list[Manifest]:
    """A runtime class and a device class for each pool with accelerators."""
    objects: list[Manifest] = []
    for pool in site.pools:
        if pool.gpu:
            objects += [_runtime_class(pool, pool.gpu.resource), _device_class(pool, pool.gpu.model)]
    return objects


def _runtime_class(pool: NodePool, resource: str) -> Manifest:
    body = {
        "handler": resource.split(".")[0],
        "scheduling": {"nodeSelector": {POOL_LABEL: pool.name}, "tolerations": pool_tolerations(pool)},
    }
    return manifest("node.k8s.io/v1", "RuntimeClass", gpu_class(pool), body)


def _device_class(pool: NodePool, model: str) -> Manifest:
    vendor = pool.gpu.resource.split(".")[0] if pool.gpu else ""
    driver = f"gpu.{vendor}.com"
    expression = (
        f"device.driver == {json.dumps(driver)} && "
        f"device.attributes[{json.dumps(driver)}].productName.contains({json.dumps(model)})"
    )
    body = {"spec": {"selectors": [{"cel": {"expression": expression}}]}}
    return manifest("resource.k8s.io/v1", "DeviceClass", gpu_class(pool), body)
