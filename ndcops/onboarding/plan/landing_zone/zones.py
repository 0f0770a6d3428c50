"""The landing zones of one agency, site by site, or every reason why there can be none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.model.errors import Refused
from ndcops.model.landing_zone import DatabasePlace, LandingZone, ZoneSize, ZoneSystem
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.quantity import quantity_of
from ndcops.model.site import Media, Replication, Site
from ndcops.model.storage_shares import tenant_limits_bytes
from ndcops.onboarding.plan.landing_zone.facts import ZoneFacts
from ndcops.onboarding.plan.landing_zone.flows import Denied, system_flows
from ndcops.onboarding.plan.landing_zone.sizing import (
    HouseRules,
    claimed_bytes,
    data_bytes,
    database_places,
    zone_size,
)


@dataclass(frozen=True)
class PlannedZones:
    """One zone a site, in the order of sites; what stays denied."""

    zones: tuple[LandingZone, ...]
    denied: tuple[Denied, ...]


@dataclass(frozen=True)
class _Sized:
    size: ZoneSize
    places: list[DatabasePlace]


def landing_zones(facts: ZoneFacts) -> PlannedZones:
    """The zones of all systems of the agency that belong in one. Raises Refused with every reason at once."""
    systems = [system for system in facts.dossier.systems if facts.belongs(system)]
    if not systems:
        raise Refused(
            f"no system of {facts.dossier.id} is planned yet; a landing zone comes after the plan",
            details=[f"{system.id}: {facts.state(system)}" for system in facts.dossier.systems],
            resolution=f"ndcops agency status {facts.dossier.id}",
        )
    reasons = [reason for system in systems for reason in _missing(facts, system)]
    names = sorted({name for system in systems for name in (system.home, system.standby) if name is not None})
    built = [site for name in names if (site := facts.site(name)) is not None]
    zones, denied = [], []
    for site in [] if reasons else built:
        zone, not_allowed, wrong = _zone_at(facts, site, [s for s in systems if site.name in (s.home, s.standby)])
        zones += [zone] if zone is not None else []
        denied += not_allowed
        reasons += wrong
    reasons += [f"{each} (it does not work without)" for each in denied if each.hard]
    if reasons:
        raise Refused(
            f"{facts.dossier.id} cannot get its landing zone",
            details=list(dict.fromkeys(reasons)),
            resolution=f"mend inventory/agencies/{facts.dossier.id}/dossier.yaml or the site, then: "
            "ndcops inventory validate",
        )
    return PlannedZones(tuple(zones), tuple(dict.fromkeys(denied)))


def _missing(facts: ZoneFacts, system: DossierSystem) -> list[str]:
    """What the dossier must say before anything can be made."""
    reasons = [
        f"{system.id}: {what} is not declared"
        for what, value in (("cost_centre", system.cost_centre), ("groups", system.groups))
        if not value
    ]
    for what, name in (("home", system.home), ("standby", system.standby)):
        if facts.site(name) is None:
            reasons.append(f"{system.id}: {what} '{name or 'nowhere'}' is no built site")
    if system.home is not None and system.home == system.standby:
        reasons.append(f"{system.id}: home and standby are both '{system.home}'")
    if data_bytes(facts.dossier, system) is None:
        reasons.append(f"{system.id}: how large it is is not declared (data_size, or size_bytes of its databases)")
    for owner, other in facts.systems():
        shared = sorted(set(system.groups) & set(other.groups)) if owner.id != facts.dossier.id else []
        reasons += [f"{system.id}: group '{group}' is also of {owner.id} ({other.id})" for group in shared]
    return reasons


def _zone_at(
    facts: ZoneFacts, site: Site, systems: Sequence[DossierSystem]
) -> tuple[LandingZone | None, list[Denied], list[str]]:
    hosting = [zone for zone in site.network.zones if zone.hosts_agencies]
    if not hosting:
        return (
            None,
            [],
            [f"{site.name}: no zone hosts agencies (hosts_agencies of inventory/sites/{site.name}.yaml)"],
        )
    zone = hosting[0]
    reasons = [
        f"{system.id}: '{system.classification}' is above what zone {zone.name} of {site.name} may hold"
        for system in systems
        if system.classification.level > zone.kind.classification_limit.level
    ]
    made, denied = [], []
    for system in systems:
        part, not_allowed, wrong = _part(facts, system, site, zone.name)
        made += [part] if part is not None else []
        denied += not_allowed
        reasons += wrong
    reasons += _without_room(facts, site, zone.name, made)
    if not made:
        return None, denied, reasons
    dossier = facts.dossier
    planned = LandingZone(
        agency=dossier.id, title=dossier.title, site=site.name, zone=zone.name, systems=tuple(made)
    )
    return planned, denied, reasons


def _part(
    facts: ZoneFacts, system: DossierSystem, site: Site, zone: str
) -> tuple[ZoneSystem | None, list[Denied], list[str]]:
    """One system's part, what stays denied, and what is missing for it."""
    sized, missing = _sized(facts, facts.dossier, system, site)
    # Without a cost centre or groups nothing comes so far.
    if sized is None or system.cost_centre is None:
        return None, [], missing
    flows, denied = system_flows(facts, facts.dossier, system, site, zone, sized.places)
    part = ZoneSystem(
        system=system.id,
        title=system.title,
        classification=system.classification,
        cost_centre=system.cost_centre,
        role="home" if system.home == site.name else "standby",
        groups=system.groups,
        size=sized.size,
        databases=tuple(sized.places),
        flows=flows,
    )
    return part, list(denied), missing


def _sized(facts: ZoneFacts, owner: Dossier, system: DossierSystem, site: Site) -> tuple[_Sized | None, list[str]]:
    rules = HouseRules.of(facts.services_at(site.name))
    hosted = facts.service(system.service) if system.service is not None else None
    places, missing = database_places(owner, system, rules, hosted)
    tier = _volume_tier(site)
    if tier is None:
        missing.append(f"{site.name}: no tier of blocks is copied to another site")
        return None, [f"{system.id}: {each}" for each in missing]
    size = zone_size(data_bytes(owner, system) or 0, tier, places)
    return _Sized(size, places), [f"{system.id}: {each}" for each in missing]


def _volume_tier(site: Site) -> str | None:
    """Where files of systems go: the first tier of solid-state blocks that is copied to another site."""
    fit = [t for t in site.tiers if t.replication is not Replication.NONE and t.media is not Media.OBJECT]
    return next((tier.name for tier in fit if tier.media is Media.SSD), fit[0].name if fit else None)


def _without_room(facts: ZoneFacts, site: Site, zone: str, made: Sequence[ZoneSystem]) -> list[str]:
    """Tiers on which all landing zones of the site together would claim more than the zone's share."""
    taken: Counter[str] = Counter()
    for system in made:
        taken.update(claimed_bytes(system.size, system.databases))
    mine = frozenset(taken)
    for owner, other in facts.systems():
        if (
            owner.id == facts.dossier.id
            or not has_zone(facts, other)
            or site.name not in (other.home, other.standby)
        ):
            continue
        sized, _ = _sized(facts, owner, other, site)
        if sized is not None:
            taken.update(claimed_bytes(sized.size, sized.places))
    limits = tenant_limits_bytes(site, facts.services_at(site.name), zone)
    return [
        f"{site.name}, tier {tier}: landing zones would claim {quantity_of(taken[tier])}, "
        f"zone {zone} has {quantity_of(limits.get(tier, 0))} for them"
        for tier in sorted(mine)
        if taken[tier] > limits.get(tier, 0)
    ]


def has_zone(facts: ZoneFacts, system: DossierSystem) -> bool:
    """Whether a system has entered its landing zone already."""
    return facts.belongs(system) and facts.state(system) is not LifecycleState.PLANNED
