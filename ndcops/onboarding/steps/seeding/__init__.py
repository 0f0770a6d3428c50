"""Frozen actions of a seed, in their order: prepare, copy, stream."""

from ndcops.onboarding.steps.seeding.copying import (
    CopyLargeObjects,
    CopyRows,
    EndSnapshot,
    HoldSnapshot,
    KeepCopied,
)
from ndcops.onboarding.steps.seeding.preparing import (
    GuardSource,
    IdentifyRows,
    PrepareTarget,
    Publish,
    RestoreTables,
)
from ndcops.onboarding.steps.seeding.streaming import (
    AwaitStream,
    BuildKeys,
    CopyMore,
    Finish,
    GatherStatistics,
    RestoreRest,
    Subscribe,
    WatchStream,
)
from ndcops.onboarding.steps.seeding.world import SeedStep, SeedWorld

__all__ = [
    "AwaitStream",
    "BuildKeys",
    "CopyLargeObjects",
    "CopyMore",
    "CopyRows",
    "EndSnapshot",
    "Finish",
    "GatherStatistics",
    "GuardSource",
    "HoldSnapshot",
    "IdentifyRows",
    "KeepCopied",
    "PrepareTarget",
    "Publish",
    "RestoreRest",
    "RestoreTables",
    "SeedStep",
    "SeedWorld",
    "Subscribe",
    "WatchStream",
]
