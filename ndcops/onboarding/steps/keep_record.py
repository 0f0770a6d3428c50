"""Adds one record to the ledger."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.world import OnboardingWorld
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class KeepRecord:
    """after: digest of the ledger's last record when this was planned; a resumed run finds its own by it."""

    kind: ClassVar[str] = "ledger/keep"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = "a ledger only grows"

    name: str
    record_kind: str
    body: JsonObject
    after: str = ""
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What the record is of."""
        return f"record {self.name}"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"keep in the ledger: {self.name}"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {
            "name": self.name,
            "record_kind": self.record_kind,
            "body": self.body,
            "after": self.after,
            "needs": list(self.needs),
        }

    def apply(self, world: OnboardingWorld, report: Report) -> JsonObject:
        """Append it, unless the run that was cut off already did."""
        del report
        for record in reversed(world.ledger.records()):
            if record.digest == self.after:
                break
            if record.kind == self.record_kind and record.body == self.body:
                return {"sequence": record.sequence, "digest": record.digest}
        kept = world.ledger.append(self.record_kind, self.body)
        return {"sequence": kept.sequence, "digest": kept.digest}

    def undo(self, world: OnboardingWorld, report: Report) -> JsonObject:
        """Never called: see `irreversible`."""
        raise NotImplementedError(self.irreversible)


def decode_keep_record(arguments: JsonObject) -> KeepRecord:
    """The step that a journal keeps."""
    return KeepRecord(
        arguments["name"],
        arguments["record_kind"],
        arguments["body"],
        arguments["after"],
        tuple(arguments["needs"]),
    )
