"""Failover: what runs, drivers and reports share about a service on the move."""

from ndcops.model.failover.coordination import (
    BreakGlass,
    CoordinationStatus,
    Hold,
    MemberState,
    RunHead,
    Signature,
)
from ndcops.model.failover.data_state import (
    DatabaseMember,
    DatabaseState,
    FenceState,
    NameState,
    ReplicaClusterState,
    ServerAnswer,
    VolumeRole,
    VolumeState,
)
from ndcops.model.failover.outcomes import Changed, Overtaken, Unreachable
from ndcops.model.failover.workload_state import (
    EPOCH_ANNOTATION,
    CapacityVerdict,
    ObjectRef,
    ProbeState,
    RouteState,
    ScratchState,
    Simulated,
    WorkloadState,
)

__all__ = [
    "EPOCH_ANNOTATION",
    "BreakGlass",
    "CapacityVerdict",
    "Changed",
    "CoordinationStatus",
    "DatabaseMember",
    "DatabaseState",
    "FenceState",
    "Hold",
    "MemberState",
    "NameState",
    "ObjectRef",
    "Overtaken",
    "ProbeState",
    "ReplicaClusterState",
    "RouteState",
    "RunHead",
    "ScratchState",
    "ServerAnswer",
    "Signature",
    "Simulated",
    "Unreachable",
    "VolumeRole",
    "VolumeState",
    "WorkloadState",
]
