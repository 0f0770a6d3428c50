"""What the steps of a seed act on, and the snapshot that they share while the process lives."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import ClassVar

from ndcops.model.errors import NdcopsError
from ndcops.model.move import Move
from ndcops.model.record import JsonObject
from ndcops.onboarding.ports.seeding import Pace, RowCopies, SourceEnd, TargetEnd
from ndcops.workflow.step import Report


@dataclass
class SeedWorld:
    """pace(label, bytes): how a copy waits and is counted. wait(seconds): raises Interrupted after Ctrl-C."""

    move: Move
    source: SourceEnd
    target: TargetEnd
    copies: RowCopies
    pace: Callable[[str, int], Pace]
    wait: Callable[[float], None]
    _held: ExitStack = field(default_factory=ExitStack)
    _snapshot: str = ""

    @property
    def snapshot(self) -> str:
        """Its name. Raises NdcopsError when none is held: it ended with the process that held it."""
        if not self._snapshot:
            raise NdcopsError(
                "the slot's snapshot ended with the run that held it",
                resolution=f"ndcops agency seed {self.move.agency} --database {self.move.database}",
            )
        return self._snapshot

    def hold(self) -> str:
        """Make slot and snapshot; returns the slot's position. A slot of an earlier run goes first."""
        self.let_go()
        self.source.drop_slot(self.move)
        self._snapshot, position = self._held.enter_context(self.source.snapshot(self.move))
        return position

    def let_go(self) -> None:
        """End the snapshot; the slot stays."""
        self._snapshot = ""
        self._held.close()


@dataclass(frozen=True)
class SeedStep:
    """What all steps of a seed share. All of a seed is undone at once, from the facts, not step by step."""

    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = "a seed is taken back as a whole: ndcops agency seed … --undo"

    needs: tuple[str, ...] = field(default=(), kw_only=True)

    def arguments(self) -> JsonObject:
        """What a journal keeps; a step with fields adds them."""
        return {"needs": list(self.needs)}

    def undo(self, world: SeedWorld, report: Report) -> JsonObject:
        """Never called: see `irreversible`."""
        raise NotImplementedError(self.irreversible)
