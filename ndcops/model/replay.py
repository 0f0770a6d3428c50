"""What a real scheduler said about pods: the answers of a replay, and how far it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Replayed:
    """One pod's answer. `node` is None when it found none; `message` then tells why, in Kubernetes' own words."""

    node: str | None
    message: str


@dataclass(frozen=True)
class ReplayProgress:
    """`done` of `total` pieces of `what` (for example `objects loaded`, `pods scheduled`)."""

    what: str
    done: int
    total: int
