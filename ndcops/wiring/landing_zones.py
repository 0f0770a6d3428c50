"""Landing zones: onboarding says what they are, provisioning's engine makes them, the clusters say what stands."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.model.stack_changes import StackId
from ndcops.model.stack_input import AGENCY_LAYER

if TYPE_CHECKING:
    from ndcops.model.inventory import Inventory
    from ndcops.model.landing_zone import LandingZone
    from ndcops.model.record import JsonObject
    from ndcops.model.stack_changes import StackProgress
    from ndcops.onboarding.ports.landing_zones import ZoneStack
    from ndcops.onboarding.run import Onboarding
    from ndcops.onboarding.run.landing_zones import LandingZones
    from ndcops.provisioning.run import Provisioning
    from ndcops.wiring import OnBuild


@dataclass
class EngineZones:
    """The port ZoneStacks over the room of provisioning. zones: what its stacks shall make, told by `look`."""

    provisioning: "Callable[[Callable[[StackId], LandingZone]], Provisioning]"
    _zones: "dict[StackId, LandingZone]" = field(default_factory=dict)
    _room: "Provisioning | None" = None

    def look(self, zones: "Sequence[LandingZone]") -> "tuple[ZoneStack, ...]":
        """Preview each. Raises Refused when a cluster is not the pinned one, NdcopsError."""
        from ndcops.onboarding.ports.landing_zones import ZoneStack

        stacks = [_stack(zone) for zone in zones]
        self._zones.update(zip(stacks, zones, strict=True))
        facts = self.room.facts_of(stacks, lambda _: True)
        return tuple(
            ZoneStack(
                site=each.stack.site,
                fingerprint=each.fingerprint,
                object_count=each.object_count,
                must_change=each.must_change,
                preview=each.preview,
            )
            for each in facts.stacks
            if each.preview is not None
        )

    def apply(self, zone: "LandingZone", fingerprint: str, report: Callable[[str], None]) -> "JsonObject":
        """Apply one, as `stack up` would. Raises Refused for a stale plan, NdcopsError."""
        from ndcops.provisioning.steps import ChangeStack

        self._zones[_stack(zone)] = zone
        step = ChangeStack(_stack(zone), fingerprint, refresh=False)
        return step.apply(self.room.world(), report)

    @property
    def room(self) -> "Provisioning":
        """The room, opened at first use."""
        if self._room is None:
            self._room = self.provisioning(self._zones.__getitem__)
        return self._room

    def interrupt(self) -> None:
        """Let engines in hand finish their steps and save."""
        if self._room is not None:
            self._room.engine.interrupt()


def _stack(zone: "LandingZone") -> StackId:
    return StackId(layer=AGENCY_LAYER, site=zone.site, agency=zone.agency)


@contextmanager
def landing_zones(
    onboarding: "Onboarding",
    kind: str,
    chosen_inventory: Path | None,
    *,
    stop: threading.Event,
    on_progress: "Callable[[StackProgress], None]",
    on_build: "OnBuild",
) -> "Iterator[tuple[LandingZones, Callable[[], None]]]":
    """What `agency provision` opens beside the room, and what a signal calls while engines run."""
    from ndcops import wiring
    from ndcops.adapters.kubernetes_api import TenantObjects
    from ndcops.onboarding.run.landing_zones import LandingZones

    def open_room(zone_of: "Callable[[StackId], LandingZone]") -> "Provisioning":
        return wiring.provisioning(
            kind,
            chosen_inventory,
            stop=stop,
            on_progress=on_progress,
            on_step=lambda _: None,
            on_build=on_build,
            landing_zone=zone_of,
        )

    stacks = EngineZones(open_room)
    clusters = TenantObjects(wiring.target(kind, onboarding.inventory()))
    yield LandingZones(onboarding, stacks, clusters), stacks.interrupt


def declared_zone(
    kind: str, inventory: "Inventory", chosen_inventory: Path | None, stack: StackId
) -> "LandingZone":
    """What an agency's stack shall make by its dossier and the ledger, for `ndcops stack … --layer agency`.

    Raises Refused when they do not say it, or say that nothing shall stand there.
    """
    from ndcops.model.errors import Refused
    from ndcops.model.standing import standings
    from ndcops.onboarding.plan.landing_zone import ZoneFacts, landing_zones
    from ndcops.wiring.roadmap import register_ledger

    dossier = inventory.dossier(stack.agency)
    states = {
        name: each.state for name, each in standings(register_ledger(kind, chosen_inventory).records()).items()
    }
    if dossier is not None:
        facts = ZoneFacts(dossier, inventory.dossiers, inventory.services, inventory.built_sites(), states)
        found = next((zone for zone in landing_zones(facts).zones if zone.site == stack.site), None)
        if found is not None:
            return found
    raise Refused(
        f"nothing of {stack.agency} belongs at {stack.site}, but its stack holds a landing zone there",
        resolution=f"ndcops stack destroy --layer {AGENCY_LAYER} --agency {stack.agency} --site {stack.site}",
    )
