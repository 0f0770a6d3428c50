"""What failover does to one service or site, one family of actions a file, in the order of a move."""

from ndcops.failover.steps.s10_claim import ClaimService
from ndcops.failover.steps.s20_fences import FenceSite, UnfenceSite
from ndcops.failover.steps.s30_names import LowerTtl, MoveNames, RestoreTtl
from ndcops.failover.steps.s40_workloads import (
    CloseRoute,
    OpenRoute,
    QuiesceWriters,
    RetireWorkloads,
    StartWorkloads,
    WarmWorkloads,
)
from ndcops.failover.steps.s50_databases import AwaitStandby, SwitchLeader, TakeLeader
from ndcops.failover.steps.s60_replica_clusters import (
    DemoteCluster,
    FollowCluster,
    ForcePromoteCluster,
    PromoteCluster,
)
from ndcops.failover.steps.s70_volumes import DemoteVolumes, ForcePromoteVolumes, PromoteVolumes, RejoinVolumes
from ndcops.failover.steps.s80_verify import VerifyService
from ndcops.failover.steps.s85_rejoin import AwaitMember, RejoinCluster, SilenceWorkloads
from ndcops.failover.steps.s95_drill import CheckCopy, CreateCopy, RemoveCopy
from ndcops.failover.steps.service_step import ServiceStep, decoder
from ndcops.failover.steps.world import Drivers, FailoverWorld, Limits, RunHistory

STEPS: tuple[type[ServiceStep], ...] = (
    ClaimService,
    FenceSite,
    UnfenceSite,
    LowerTtl,
    MoveNames,
    RestoreTtl,
    WarmWorkloads,
    StartWorkloads,
    QuiesceWriters,
    RetireWorkloads,
    OpenRoute,
    CloseRoute,
    SwitchLeader,
    TakeLeader,
    AwaitStandby,
    DemoteCluster,
    PromoteCluster,
    ForcePromoteCluster,
    FollowCluster,
    DemoteVolumes,
    PromoteVolumes,
    ForcePromoteVolumes,
    RejoinVolumes,
    VerifyService,
    SilenceWorkloads,
    RejoinCluster,
    AwaitMember,
    CreateCopy,
    CheckCopy,
    RemoveCopy,
)

DECODERS = {f"{step.kind}/{step.version}": decoder(step) for step in STEPS}
"""By kind and version, for plans that a journal keeps."""

__all__ = [
    "DECODERS",
    "STEPS",
    "AwaitMember",
    "AwaitStandby",
    "CheckCopy",
    "ClaimService",
    "CloseRoute",
    "CreateCopy",
    "DemoteCluster",
    "DemoteVolumes",
    "Drivers",
    "FailoverWorld",
    "FenceSite",
    "FollowCluster",
    "ForcePromoteCluster",
    "ForcePromoteVolumes",
    "Limits",
    "LowerTtl",
    "MoveNames",
    "OpenRoute",
    "PromoteCluster",
    "PromoteVolumes",
    "QuiesceWriters",
    "RejoinCluster",
    "RejoinVolumes",
    "RemoveCopy",
    "RestoreTtl",
    "RetireWorkloads",
    "RunHistory",
    "ServiceStep",
    "SilenceWorkloads",
    "StartWorkloads",
    "SwitchLeader",
    "TakeLeader",
    "UnfenceSite",
    "VerifyService",
    "WarmWorkloads",
]
