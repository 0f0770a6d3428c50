"""What hardening needs from outside: hosts with their guards, the playbooks, drains, signatures."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from ndcops.model.hardening import (
    DrainResult,
    GuardResult,
    GuardRun,
    GuardSnapshot,
    HostTarget,
    PlayResult,
    Proof,
    StateDifference,
    TaskProgress,
)
from ndcops.model.scan import Scan
from ndcops.model.target import ClusterRef

OnTask = Callable[[TaskProgress], None]
Variables = Mapping[str, Mapping[str, JsonValue]]
"""Variables of the playbooks, by host."""


class GuardedHosts(Protocol):
    """Hosts and the guard on them; several threads may work on several hosts.

    Every method raises NdcopsError when the host is not reached or does not let the operator in, Refused for a
    wrong host key and for what its guard refuses, InvalidInput for a wrong sudo password.
    """

    def prove(self, target: HostTarget) -> Proof:
        """A fresh login with the operator's key, and sudo."""
        ...

    def install_guard(self, target: HostTarget) -> None:
        """Put the guard on the host; the same again when it is there."""
        ...

    def snapshot(self, target: HostTarget, run: str) -> GuardSnapshot:
        """Let the host keep how it is."""
        ...

    def arm(self, target: HostTarget, run: str, seconds: int) -> None:
        """From now on the host puts itself back `seconds` after the last beat, also after a reboot."""
        ...

    def beat(self, target: HostTarget, run: str, seconds: int) -> Proof:
        """A fresh login and sudo; the host's time begins anew.

        Refused when it already went back, or was started anew since it was armed: then it goes back.
        """
        ...

    def disarm(self, target: HostTarget, run: str) -> None:
        """Keep the changes. Refused as for `beat`."""
        ...

    def restore(self, target: HostTarget, run: str) -> GuardResult:
        """Put the host back as it was at the run's snapshot."""
        ...

    def compare(self, target: HostTarget, run: str) -> tuple[StateDifference, ...]:
        """What is not as at the run's snapshot."""
        ...

    def runs(self, target: HostTarget) -> tuple[GuardRun, ...]:
        """Snapshots that the host keeps, oldest first; empty without a guard."""
        ...


class Playbooks(Protocol):
    """The hardening play. `controls`: only tasks of these; empty means all. Failures are in the result."""

    def check(
        self, hosts: Sequence[str], *, controls: Sequence[str] = (), variables: Variables, on_task: OnTask
    ) -> PlayResult:
        """What `apply` would change now; changes nothing."""
        ...

    def apply(
        self,
        hosts: Sequence[str],
        *,
        controls: Sequence[str] = (),
        variables: Variables,
        on_task: OnTask,
        cancelled: Callable[[], bool],
    ) -> PlayResult:
        """Make the hosts what the controls say; ends early once `cancelled` says so."""
        ...


class NodeDrain(Protocol):
    """Takes pods off a Kubernetes node and lets them come back."""

    def is_node(self, cluster: ClusterRef, name: str) -> bool:
        """Whether the cluster has a node of that name."""
        ...

    def cordon(self, cluster: ClusterRef, name: str) -> bool:
        """Let no new pod onto the node; False when it already was so, by somebody else."""
        ...

    def drain(
        self, cluster: ClusterRef, name: str, *, evict_unmanaged: bool, on_wait: Callable[[str], None]
    ) -> DrainResult:
        """Evict every pod that may move, within disruption budgets. Raises Refused, NdcopsError (time-out)."""
        ...

    def uncordon(self, cluster: ClusterRef, name: str) -> None:
        """Let pods onto the node again."""
        ...


class Scanners(Protocol):
    """Scanners that others wrote. Raise NdcopsError when one is missing on a host or does not come to its end."""

    def openscap(self, target: HostTarget, content: Path, profile: str) -> Scan:
        """Judge a host by a profile of an SCAP data stream."""
        ...

    def lynis(self, target: HostTarget) -> Scan:
        """Let Lynis look at a host."""
        ...


class Signatures(Protocol):
    """Detached signatures."""

    def is_valid(self, public_key: str, data: bytes, signature: str) -> bool:
        """Whether `signature` (base64) over `data` is by the key (PEM). Raises InvalidInput for what is no key."""
        ...
