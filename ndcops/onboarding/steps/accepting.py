"""One step of acceptance: a database restored at another centre, timed, and every row compared."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.document import Name, Value
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.record import JsonObject
from ndcops.onboarding.ports.restoring import CopyProofs, Restores
from ndcops.workflow.step import Report

_SHOWN = 20
"""Differences that an error names."""


@dataclass(frozen=True)
class RestoreWorld:
    """What a restore acts on, and what judges it."""

    restores: Restores
    proofs: CopyProofs


class RestoreElsewhere(Value):
    """words, into: libpq's, without passwords; schema: of our own tables."""

    kind: ClassVar[str] = "accept/restore"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = ""

    database: Name
    site: Name
    words: str
    into: str
    own_schema: str
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Database and site."""
        return f"{self.database}/restore@{self.site}"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return self.model_dump(mode="json")

    def describe(self) -> str:
        """One line for the person who confirms."""
        return f"{self.database}: restored into a scratch database at {self.site}, timed, compared, taken away"

    def apply(self, world: RestoreWorld, report: Report) -> JsonObject:
        """Raises Refused for a server that is the same as the one in use, NdcopsError when rows differ."""
        if world.restores.is_same_server(self.words, self.into):
            raise Refused(
                f"{self.database}: the server to restore on is the one in use, or a copy of it",
                resolution="--into a server of its own at the other site",
            )
        report("restoring")
        with world.restores.restored(self.words, self.own_schema, self.into) as copy:
            report("comparing")
            found = world.proofs.compare(self.words, copy, ours=self.own_schema)
        if found.differing:
            raise NdcopsError(
                f"{self.database}: what was restored differs in {len(found.differing)} ways",
                details=found.differing[:_SHOWN],
                resolution="see that nobody alters tables meanwhile, then run the same command again",
            )
        return {
            "rows": found.rows,
            "tables": found.tables,
            "duration_s": copy.duration_s,
            "site": self.site,
            "seed": found.seed,
            "digest": found.digest,
        }

    def undo(self, world: RestoreWorld, report: Report) -> JsonObject:
        """The scratch database was taken away already."""
        del world
        report("nothing to take back")
        return {}
