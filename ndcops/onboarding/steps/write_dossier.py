"""Puts a dossier's file in place, as long as nobody else changed it meanwhile."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject
from ndcops.onboarding.steps.world import OnboardingWorld
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class WriteDossier:
    """sha256: of the new text; before_sha256: of what was read, None for a new file."""

    kind: ClassVar[str] = "dossier/write"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = "the former text is in the inventory's version control"

    agency: str
    sha256: str
    before_sha256: str | None
    summary: str = ""
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The agency's file."""
        return f"dossier {self.agency}"

    def describe(self) -> str:
        """One line for the person who confirms."""
        verb = "write" if self.before_sha256 is None else "change"
        return f"{verb} agencies/{self.agency}/dossier.yaml" + (f": {self.summary}" if self.summary else "")

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {
            "agency": self.agency,
            "sha256": self.sha256,
            "before_sha256": self.before_sha256,
            "summary": self.summary,
            "needs": list(self.needs),
        }

    def apply(self, world: OnboardingWorld, report: Report) -> JsonObject:
        """Write it at once. Raises Refused when the file is another by now; the same again changes nothing."""
        del report
        found = world.files.read(self.agency)
        if found is not None and found.sha256 == self.sha256:
            return {"sha256": self.sha256}
        text = world.texts.get(self.sha256)
        if text is None:
            raise NdcopsError(
                f"the text of dossier {self.agency} is gone with the run that was stopped",
                resolution="run the same command again from its beginning",
            )
        return {"sha256": world.files.write(self.agency, text, expected_sha256=self.before_sha256)}

    def undo(self, world: OnboardingWorld, report: Report) -> JsonObject:
        """Never called: see `irreversible`."""
        raise NotImplementedError(self.irreversible)


def decode_write_dossier(arguments: JsonObject) -> WriteDossier:
    """The step that a journal keeps."""
    return WriteDossier(
        arguments["agency"],
        arguments["sha256"],
        arguments["before_sha256"],
        arguments["summary"],
        tuple(arguments["needs"]),
    )
