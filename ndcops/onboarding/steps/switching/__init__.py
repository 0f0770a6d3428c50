"""Frozen actions of a change of the writing end: from source to target, and back by the same steps."""

from ndcops.onboarding.steps.switching.base import SwitchStep, decoder
from ndcops.onboarding.steps.switching.s10_prepare import Prepare
from ndcops.onboarding.steps.switching.s20_fence import RaiseFence
from ndcops.onboarding.steps.switching.s30_drain import Drain
from ndcops.onboarding.steps.switching.s40_turn import CopySequences, HaltStream, StartBack
from ndcops.onboarding.steps.switching.s45_large_objects import CopyLargeObjects
from ndcops.onboarding.steps.switching.s50_open import OpenEnd
from ndcops.onboarding.steps.switching.s60_names import PointNames
from ndcops.onboarding.steps.switching.s70_prove import ClearStream, SmokeTest
from ndcops.onboarding.steps.switching.world import OneMove, SwitchLimits, SwitchWorld

SWITCH_DECODERS = {
    f"{step.kind}/{step.version}": decoder(step)
    for step in (
        Prepare,
        RaiseFence,
        Drain,
        HaltStream,
        CopySequences,
        CopyLargeObjects,
        StartBack,
        OpenEnd,
        PointNames,
        SmokeTest,
        ClearStream,
    )
}
"""By `kind/version`: how a journal's step is built again."""

__all__ = [
    "SWITCH_DECODERS",
    "ClearStream",
    "CopyLargeObjects",
    "CopySequences",
    "Drain",
    "HaltStream",
    "OneMove",
    "OpenEnd",
    "PointNames",
    "Prepare",
    "RaiseFence",
    "SmokeTest",
    "StartBack",
    "SwitchLimits",
    "SwitchStep",
    "SwitchWorld",
]
