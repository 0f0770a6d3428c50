"""The actions on hosts: harden one under its guard, put one back."""

from ndcops.hardening.steps.harden import AFTER, CHANGED, HardenHost, decode_harden
from ndcops.hardening.steps.restore import RESTORED, RestoreHost, decode_restore
from ndcops.hardening.steps.world import HardenWorld

__all__ = [
    "AFTER",
    "CHANGED",
    "RESTORED",
    "HardenHost",
    "HardenWorld",
    "RestoreHost",
    "decode_harden",
    "decode_restore",
]
