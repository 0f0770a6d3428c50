"""Puts one host back as it was before a run."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.hardening.steps.world import HardenWorld, drain_node, uncordon_node
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report

RESTORED = "host/restored"
"""Kind of the evidence record for one host put back."""


@dataclass(frozen=True)
class RestoreHost:
    """Puts a host back as it was before a run."""

    kind: ClassVar[str] = "host/restore"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = "harden the host again: what it was hardened to is in the inventory"

    host: str
    run: str
    drains: bool = False
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The host's name."""
        return self.host

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"put {self.host} back as it was before run {self.run}"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {"host": self.host, "run": self.run, "drains": self.drains, "needs": list(self.needs)}

    def apply(self, world: HardenWorld, report: Report) -> JsonObject:
        """Restore and prove the door. Raises Refused without such a run, NdcopsError when not all came back."""
        target = world.targets[self.host]
        if self.run not in {run.run for run in world.hosts.runs(target)}:
            raise Refused(
                f"host {self.host} keeps no snapshot of run {self.run}", resolution="ndcops harden report"
            )
        drained = drain_node(world, self.host, report) if self.drains else {}
        report("restoring")
        result = world.hosts.restore(target, self.run)
        world.evidence.append(RESTORED, result.model_dump(mode="json"))
        proof = world.hosts.prove(target)
        if not result.ok:
            reasons = [f"{part}: {reason}" for part, found in result.failed.items() for reason in found]
            raise NdcopsError(f"host {self.host} is not wholly as before run {self.run}", details=reasons[:20])
        uncordon_node(world, self.host, drained)
        return {"restored": result.model_dump(mode="json"), "proof": proof.model_dump(mode="json")}

    def undo(self, world: HardenWorld, report: Report) -> JsonObject:
        """Never called: see `irreversible`."""
        raise NotImplementedError(self.irreversible)


def decode_restore(arguments: JsonObject) -> RestoreHost:
    """The step that a journal keeps."""
    return RestoreHost(arguments["host"], arguments["run"], arguments["drains"], tuple(arguments["needs"]))
