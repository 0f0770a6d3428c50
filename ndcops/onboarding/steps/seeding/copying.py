"""Rows: the slot and its snapshot, parts of tables, what no stream carries, and the snapshot's end."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.record import JsonObject
from ndcops.model.seed import SeedTable, TablePart
from ndcops.onboarding.steps.seeding.world import SeedStep, SeedWorld
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class HoldSnapshot(SeedStep):
    """From here on the source keeps its WAL for the target."""

    kind: ClassVar[str] = "seed/hold-snapshot"

    @property
    def key(self) -> str:
        """One a seed."""
        return "snapshot"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return "source: a replication slot, whose snapshot all copies are made under"

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """Rows of an earlier snapshot go: they belong to a position that no slot stands at any more."""
        position = world.hold()
        report(f"slot at {position}")
        world.target.begin_copies(world.move, position)
        return {"position": position}


@dataclass(frozen=True)
class KeepCopied(SeedStep):
    """tables: copied to their end under the slot's snapshot, which is gone; all others are emptied."""

    kind: ClassVar[str] = "seed/keep-copied"
    tables: tuple[SeedTable, ...]
    position: str

    @property
    def key(self) -> str:
        """One a seed."""
        return "kept"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"target: keep {len(self.tables)} tables that were copied whole, empty all that were not"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        tables = [table.model_dump(mode="json") for table in self.tables]
        return {"tables": tables, "position": self.position, "needs": list(self.needs)}

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """The slot stays where it is."""
        del report
        world.target.begin_copies(world.move, self.position, keep=self.tables)
        return {"kept": len(self.tables)}


@dataclass(frozen=True)
class CopyRows(SeedStep):
    """parts: of one large table, or several small tables whole."""

    kind: ClassVar[str] = "seed/copy-rows"
    parts: tuple[TablePart, ...]

    @property
    def key(self) -> str:
        """By the first part."""
        return f"copy {self.label}"

    @property
    def label(self) -> str:
        """How progress names it."""
        more = f" and {len(self.parts) - 1} more" if len(self.parts) > 1 else ""
        return f"{self.parts[0].label}{more}"

    @property
    def size_bytes(self) -> int:
        """What is copied, roughly."""
        return sum(part.size_bytes for part in self.parts)

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"copy {self.label} ({self.size_bytes >> 20} MiB)"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {"parts": [part.model_dump(mode="json") for part in self.parts], "needs": list(self.needs)}

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """Each part in a transaction with its mark."""
        del report
        pace = world.pace(self.label, self.size_bytes)
        return {"bytes": world.copies.copy(world.move, self.parts, world.snapshot, pace)}


@dataclass(frozen=True)
class CopyLargeObjects(SeedStep):
    """under_snapshot: as they were at the slot's position; else as they are now."""

    kind: ClassVar[str] = "seed/copy-large-objects"
    under_snapshot: bool = True

    @property
    def key(self) -> str:
        """One a seed."""
        return "large objects"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return "copy large objects (once more at the cut-over: no stream carries them)"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {"under_snapshot": self.under_snapshot, "needs": list(self.needs)}

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """Object by object."""
        del report
        snapshot = world.snapshot if self.under_snapshot else None
        return {"written": world.copies.large_objects(world.move, snapshot)}


@dataclass(frozen=True)
class EndSnapshot(SeedStep):
    """So that the source may clean up again."""

    kind: ClassVar[str] = "seed/end-snapshot"

    @property
    def key(self) -> str:
        """One a seed."""
        return "snapshot ends"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return "source: end the snapshot; the slot stays"

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """Nothing else."""
        del report
        world.let_go()
        return {}
