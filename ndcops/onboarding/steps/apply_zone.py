"""Makes an agency's landing zone at one site."""

from dataclasses import dataclass
from typing import ClassVar

from ndcops.model.landing_zone import LandingZone
from ndcops.model.record import JsonObject
from ndcops.onboarding.ports.landing_zones import ZoneStacks
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class ZoneWorld:
    """What the steps act on."""

    stacks: ZoneStacks


@dataclass(frozen=True)
class ApplyZone:
    """fingerprint: of the stack's state when the plan was made; another one means that the plan is stale."""

    kind: ClassVar[str] = "landing-zone/apply"
    version: ClassVar[int] = 1
    irreversible: ClassVar[str] = "ndcops stack destroy --layer agency --agency ID removes it, and what is in it"

    zone: LandingZone
    fingerprint: str
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The agency and the site."""
        return f"landing zone {self.zone.agency} at {self.zone.site}"

    def describe(self) -> str:
        """One line for the person who confirms."""
        systems = ", ".join(f"{each.system} ({each.role})" for each in self.zone.systems)
        return f"make the landing zone at {self.zone.site}: {systems}"

    def arguments(self) -> JsonObject:
        """What a journal keeps."""
        return {
            "zone": self.zone.model_dump(mode="json"),
            "fingerprint": self.fingerprint,
            "needs": list(self.needs),
        }

    def apply(self, world: ZoneWorld, report: Report) -> JsonObject:
        """Run the engine. Raises Refused when the state is not the one that the plan was made from."""
        return world.stacks.apply(self.zone, self.fingerprint, report)

    def undo(self, world: ZoneWorld, report: Report) -> JsonObject:
        """Never called: see `irreversible`."""
        raise NotImplementedError(self.irreversible)


def decode_apply_zone(arguments: JsonObject) -> ApplyZone:
    """The step that a journal keeps."""
    zone = LandingZone.model_validate(arguments["zone"])
    return ApplyZone(zone, arguments["fingerprint"], tuple(arguments["needs"]))
