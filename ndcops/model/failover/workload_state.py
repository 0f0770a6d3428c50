"""What the workloads, routes and scratch namespaces of a service look like in one site's cluster."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ndcops.model.document import Name, Value

EPOCH_ANNOTATION = "ndc.gov.vn/failover-epoch"
"""On every object that a run writes: the epoch of the last writer. A writer with a smaller one is refused."""


class ObjectRef(Value):
    """A namespaced object of a service in one site's cluster."""

    site: Name
    namespace: str
    kind: str
    name: str
    service: Name

    def __str__(self) -> str:
        return f"{self.site}/{self.namespace}/{self.kind}/{self.name}"


class WorkloadState(Value):
    """A Deployment or StatefulSet.

    replicas: spec. ready: ready at the current generation. pods: all that exist, those being deleted included.
    epoch: of the last failover run that wrote it, 0 for none.
    """

    ref: ObjectRef
    replicas: int = Field(ge=0)
    ready: int = Field(ge=0)
    pods: int = Field(ge=0)
    resource_version: str
    epoch: int = 0


class RouteState(Value):
    """An HTTPRoute (or Ingress). weight: the sum over its backends; 0 means that it sends no one on."""

    ref: ObjectRef
    hostnames: tuple[str, ...]
    weight: int = Field(ge=0)
    accepted: bool
    resource_version: str
    epoch: int = 0


class ScratchState(Value):
    """The isolated copy of a service for a drill. data: how its data came there, in words for the report."""

    site: Name
    service: Name
    drill: str
    namespace: str
    workloads_wanted: int
    workloads_ready: int
    data: str = ""
    problem: str = ""


class ProbeState(Value):
    """What a client outside sees through the service's name.

    last_write and last_read: sequence numbers acknowledged. outage_ms: longest gap between two acknowledged
    writes since the probe started, or that ended after `since`. lost: acknowledged writes that a read no longer
    finds; None when that could not be asked.
    """

    service: Name
    since: datetime
    last_ok_at: datetime | None
    last_write: int
    last_read: int
    lost: int | None
    outage_ms: int
    address: str = ""
    problem: str = ""


class CapacityVerdict(Value):
    """Whether services fit on a site beside what stands there. fits is None when it cannot be known."""

    site: Name
    fits: bool | None
    reasons: tuple[str, ...] = ()
    taken_at: datetime


Simulated = Literal["cloudnativepg", "volumes", "pods"]
"""Drivers that have no real part in the lab: named in every output."""
