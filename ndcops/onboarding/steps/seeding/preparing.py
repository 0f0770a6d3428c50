"""Before rows move: the database at the target, the guard at the source, what is published, empty tables."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.record import JsonObject
from ndcops.model.seed import SeedSource, SeedTable
from ndcops.onboarding.steps.seeding.world import SeedStep, SeedWorld
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class PrepareTarget(SeedStep):
    """source: without its tables, for encoding and locale.

    again: what an earlier seed made goes first: its foreign keys and triggers would act on the copies.
    """

    kind: ClassVar[str] = "seed/prepare-target"
    source: SeedSource
    again: bool = False

    @property
    def key(self) -> str:
        """One a seed."""
        return "target"

    def describe(self) -> str:
        """One line for the person who confirms."""
        which = "roles, and once more database" if self.again else "roles, and database"
        return f"target: {which} '{self.source.name}', closed to applications until the cut-over"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        source = self.source.model_dump(mode="json")
        return {"source": source, "again": self.again, "needs": list(self.needs)}

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """What stands and is ours stays, unless it is to be made again."""
        del report
        if self.again:
            world.target.remove(world.move)
        world.target.create(world.move, self.source)
        return {}


@dataclass(frozen=True)
class GuardSource(SeedStep):
    """Watches DDL from here on."""

    kind: ClassVar[str] = "seed/guard-source"

    @property
    def key(self) -> str:
        """One a seed."""
        return "guard"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return "source: a schema of ours, and a log of every change of the schema"

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """Says how it watches."""
        how = world.source.guard(world.move)
        report(f"watched by {how}")
        return {"how": how}


@dataclass(frozen=True)
class IdentifyRows(SeedStep):
    """tables: those without a key. Without it their UPDATE and DELETE would fail at the source."""

    kind: ClassVar[str] = "seed/identify-rows"
    tables: tuple[SeedTable, ...]

    @property
    def key(self) -> str:
        """One a seed."""
        return "identities"

    def describe(self) -> str:
        """One line for the person who confirms."""
        names = ", ".join(table.full_name for table in self.tables[:5])
        return f"source: replica identity of {len(self.tables)} tables without a key ({names})"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {"tables": [table.model_dump(mode="json") for table in self.tables], "needs": list(self.needs)}

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """By an index where one may stand for a key, else by the whole row."""
        found: JsonObject = {}
        for table in self.tables:
            found[table.full_name] = world.source.identify(world.move, table)
            report(f"{table.full_name}: {found[table.full_name]}")
        return found


@dataclass(frozen=True)
class Publish(SeedStep):
    """tables: all that is published; stage: tells two publications of one plan apart."""

    kind: ClassVar[str] = "seed/publish"
    tables: tuple[SeedTable, ...]
    stage: str = ""

    @property
    def key(self) -> str:
        """One a stage."""
        return f"publication{self.stage and ' '}{self.stage}"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"source: publish {len(self.tables)} tables"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        tables = [table.model_dump(mode="json") for table in self.tables]
        return {"tables": tables, "stage": self.stage, "needs": list(self.needs)}

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """Exactly these."""
        del report
        world.source.publish(world.move, self.tables)
        return {"tables": len(self.tables)}


@dataclass(frozen=True)
class RestoreTables(SeedStep):
    """The schema without keys, indexes, foreign keys, triggers: those come when rows are there."""

    kind: ClassVar[str] = "seed/restore-tables"

    @property
    def key(self) -> str:
        """One a seed."""
        return "tables"

    def describe(self) -> str:
        """One line for the person who confirms."""
        return "target: schema up to empty tables (pg_dump, pg_restore)"

    def apply(self, world: SeedWorld, report: Report) -> JsonObject:
        """In one transaction."""
        del report
        world.target.restore_tables(world.move)
        return {}
