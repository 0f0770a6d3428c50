"""DNS: the names by which applications find the database lead to the end that takes over."""

from typing import ClassVar

from ndcops.model.document import Name, Value
from ndcops.model.errors import Refused
from ndcops.model.failover import Changed, ServerAnswer, Unreachable
from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.switching.world import SwitchWorld, reach
from ndcops.workflow.step import Report

_FIRST_EPOCH = 1


class PointNames(Value):
    """known: the addresses that may stand there now, those of before first. old_ttl_s: how long resolvers may keep
    what they were told, waited for when `waits`; before a change the addresses stay and only this goes down.
    """

    kind: ClassVar[str] = "switch/names"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = ""

    system: Name
    stage: str
    names: tuple[str, ...]
    known: tuple[str, ...]
    addresses: tuple[str, ...]
    ttl_s: int
    old_ttl_s: int
    waits: bool = False
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """System and stage."""
        return f"{self.system}/names-{self.stage}"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return self.model_dump(mode="json")

    def describe(self) -> str:
        """One line for the person who confirms."""
        wait = f", {self.old_ttl_s} s waited until old answers have died" if self.waits else ""
        return f"{', '.join(self.names)}: lead to {', '.join(self.addresses)}, time to live {self.ttl_s} s{wait}"

    def apply(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Raises Refused when somebody else writes the names."""
        self._set(world, self.addresses, self.ttl_s, report)
        if self.waits and self.old_ttl_s > self.ttl_s:
            report(f"old answers live for {self.old_ttl_s} s more")
            world.clock.sleep(self.old_ttl_s)
        return {"addresses": list(self.addresses), "before": list(self.known), "stage": self.stage}

    def undo(self, world: SwitchWorld, report: Report) -> JsonObject:
        """Addresses and time to live of before."""
        self._set(world, self.known[: len(self.addresses)], self.old_ttl_s, report)
        return {"addresses": list(self.known[: len(self.addresses)])}

    def _set(self, world: SwitchWorld, addresses: tuple[str, ...], ttl_s: int, report: Report) -> None:
        for name in self.names:
            reach(
                world,
                f"{name} leads to {', '.join(addresses)}",
                lambda name=name: self._is_set(world, name, addresses, ttl_s),  # type: ignore[misc]
                timeout_s=world.limits.after_s,
                report=report,
            )

    def _is_set(self, world: SwitchWorld, name: str, addresses: tuple[str, ...], ttl_s: int) -> bool:
        """Whether every server says so; each that does not is told, those that answer first."""
        answers = world.names.read(name).answers
        silent = [answer.problem for answer in answers if answer.problem]
        wanted = (tuple(sorted(addresses)), ttl_s)
        wrong = [each for each in answers if not each.problem and (each.addresses, each.ttl_s) != wanted]
        for answer in wrong:
            self._write(world, name, answer, addresses, ttl_s)
        if silent:
            raise Unreachable("; ".join(silent))
        return not wrong

    def _write(
        self, world: SwitchWorld, name: str, answer: ServerAnswer, addresses: tuple[str, ...], ttl_s: int
    ) -> None:
        if not set(answer.addresses) <= {*self.known, *self.addresses}:
            raise Refused(
                f"{name} at {answer.server} leads to {', '.join(answer.addresses)}, not {', '.join(self.known)}",
                details=["somebody else writes this zone"],
            )
        epoch = max(answer.epoch, _FIRST_EPOCH)
        try:
            world.names.claim(name, answer.server, expect_epoch=answer.epoch, epoch=epoch)
            world.names.update(
                name, answer.server, expect=answer.addresses, addresses=addresses, ttl_s=ttl_s, epoch=epoch
            )
        except Changed as error:
            raise Unreachable(error.message) from error  # read again, then decide
