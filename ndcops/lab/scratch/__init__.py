"""Throw-away control planes: the real scheduler's answer to a question about a snapshot; nothing stays behind."""

from ndcops.lab.scratch.control_plane import ControlPlane as ControlPlane
from ndcops.lab.scratch.control_plane import scratch_control_plane as scratch_control_plane
from ndcops.lab.scratch.replay import ScratchScheduler as ScratchScheduler
