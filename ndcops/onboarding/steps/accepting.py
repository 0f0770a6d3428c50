"""One step of acceptance: a database restored at another centre, timed, and every row compared."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.document import Name, Value
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.record import JsonObject
from ndcops.onboarding.ports.restoring import Restores
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class RestoreWorld:
    """What a restore acts on."""

    restores: Restores


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
        found = world.restores.restore(self.words, self.own_schema, self.into)
        if found.differing:
            raise NdcopsError(
                f"{self.database}: restored rows differ in {len(found.differing)} of {found.tables} tables",
                details=found.differing,
            )
        return {"rows": found.rows, "tables": found.tables, "duration_s": found.duration_s, "site": self.site}

    def undo(self, world: RestoreWorld, report: Report) -> JsonObject:
        """The scratch database was taken away already."""
        del world
        report("nothing to take back")
        return {}
