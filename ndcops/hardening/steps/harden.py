"""Hardens one host under its guard: what is done ends with a door that opens, or is taken back."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.hardening.steps.guarded import DEADLINE_S, Beating, begin_anew, bring_back
from ndcops.hardening.steps.restore import RestoreHost
from ndcops.hardening.steps.world import HardenWorld, drain_node, uncordon_node
from ndcops.model.errors import Interrupted, NdcopsError
from ndcops.model.hardening import HostTarget, PlayResult
from ndcops.model.record import JsonObject
from ndcops.workflow.step import Report

CHANGED = "control/changed"
"""Kind of the evidence record for one control's task on one host."""

AFTER = ".after"
"""Ends the name of the snapshot that is taken once a host is hardened: what drift is found against."""


_AGAIN = "run the same command again: the host is begun anew"


@dataclass(frozen=True)
class HardenHost:
    """Drain, snapshot, arm, apply while logins beat, prove, disarm, uncordon.

    controls: only these; empty means all. predicted: tasks that the plan said would change, for the evidence.
    Safety: nothing changes before the host is armed, and it is disarmed only after a fresh login with sudo; a host
    that is not comes back by itself, also when this process or the host is killed.
    """

    kind: ClassVar[str] = "host/harden"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = ""

    host: str
    run: str
    controls: tuple[str, ...]
    predicted: tuple[str, ...]
    drains: bool
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The host's name."""
        return self.host

    def describe(self) -> str:
        """One line for the person who confirms."""
        around = " (drained before, uncordoned after)" if self.drains else ""
        return f"harden {self.host}{around}: {len(self.predicted)} tasks change it"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {
            "host": self.host,
            "run": self.run,
            "controls": list(self.controls),
            "predicted": list(self.predicted),
            "drains": self.drains,
            "needs": list(self.needs),
        }

    def apply(self, world: HardenWorld, report: Report) -> JsonObject:
        """Harden the host. Raises NdcopsError when a task failed or the door shut: the host is then as before."""
        target = world.targets[self.host]
        world.hosts.install_guard(target)
        begin_anew(world.hosts, target, self.run, report)
        drained = drain_node(world, self.host, report) if self.drains else {}
        report("snapshot")
        snapshot = world.hosts.snapshot(target, self.run)
        world.hosts.arm(target, self.run, DEADLINE_S)
        result, beats = self._change(world, target, report)
        report("last login")
        proof = self._confirm(world, target, report)
        uncordon_node(world, self.host, drained)
        world.hosts.snapshot(target, self.run + AFTER)
        self._record(world, result)
        changed = sorted({change.task for change in result.changes})
        return {
            "run": self.run,
            "snapshot": snapshot.model_dump(mode="json"),
            "proof": proof,
            "beats": beats,
            "tasks": result.tasks,
            "changed": changed,
            "unpredicted": sorted(set(changed) ^ set(self.predicted)),
            **({"drained": drained} if drained else {}),
        }

    def _change(self, world: HardenWorld, target: HostTarget, report: Report) -> tuple[PlayResult, int]:
        """Run the play while logins beat; whatever goes wrong, the host comes back before the error is raised."""
        try:
            with Beating(world.hosts, target, self.run) as beating:
                result = world.playbooks.apply(
                    [self.host],
                    controls=self.controls,
                    variables=world.variables,
                    on_task=world.on_task,
                    cancelled=lambda: world.stopped() or beating.is_lost,
                )
        except NdcopsError as error:
            raise self._failed(world, target, [error.message, *error.details], report) from error
        if world.stopped():
            back = bring_back(world.hosts, target, self.run, report)
            raise Interrupted(f"{self.host}: stopped in the middle; {back}", resolution=_AGAIN)
        if beating.is_lost:
            raise self._failed(world, target, [f"no login came through: {beating.reason}"], report)
        if result.failures:
            reasons = [f"{failure.task}: {failure.reason}" for failure in result.failures]
            raise self._failed(world, target, reasons, report)
        return result, beating.count

    def _confirm(self, world: HardenWorld, target: HostTarget, report: Report) -> JsonObject:
        try:
            proof = world.hosts.prove(target)
            world.hosts.disarm(target, self.run)
        except NdcopsError as error:
            raise self._failed(world, target, [error.message, *error.details], report) from error
        return proof.model_dump(mode="json")

    def _failed(self, world: HardenWorld, target: HostTarget, reasons: list[str], report: Report) -> NdcopsError:
        back = bring_back(world.hosts, target, self.run, report)
        return NdcopsError(
            f"host {self.host} was not hardened; {back}",
            details=reasons[:20],
            resolution=f"ndcops harden plan --host {self.host}",
        )

    def _record(self, world: HardenWorld, result: PlayResult) -> None:
        """One record a changed task: control, what standards and scanners call it, values before and after."""
        for change in result.changes:
            control = world.catalogue.control(change.control)
            standards = {"cis", "anssi", "rules", "lynis", "layer"}
            known = control.model_dump(mode="json", include=standards) if control is not None else {}
            world.evidence.append(CHANGED, {"run": self.run, **change.model_dump(mode="json"), **known})

    def undo(self, world: HardenWorld, report: Report) -> JsonObject:
        """Put the host back as it was before the run."""
        return RestoreHost(self.host, self.run, self.drains).apply(world, report)


def decode_harden(arguments: JsonObject) -> HardenHost:
    """The step that a journal keeps."""
    return HardenHost(
        arguments["host"],
        arguments["run"],
        tuple(arguments["controls"]),
        tuple(arguments["predicted"]),
        arguments["drains"],
        tuple(arguments["needs"]),
    )
