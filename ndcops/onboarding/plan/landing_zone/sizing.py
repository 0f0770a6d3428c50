"""How large a landing zone is, from the sizes that its dossier declares; `capacity` measures later what is used.

The rules are rules of thumb of this project (decision 24): a year of growth and a day of write-ahead log beside
the data, a quarter on top for what is rewritten in place; cores by the data that they serve, four GiB each.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from ndcops.model.dossier import DatabaseScope, Dossier, DossierDatabase, DossierSystem
from ndcops.model.landing_zone import DatabasePlace, ZoneSize
from ndcops.model.quantity import parse_quantity, quantity_of
from ndcops.model.service import DatabaseNeed, Service

_GIB, _TIB = 2**30, 2**40
GROWTH_DAYS = 365
WAL_S = 86_400
HEADROOM_PERCENT = 125
BASE_CORES, CORES_PER_TIB, MOST_CORES = 8, 4, 128
GIB_PER_CORE = 4
PODS_PER_CORE = 4
VOLUME_SHARE = 10
"""Files beside the database, application logs among them: a tenth of the data."""
LEAST_VOLUME_BYTES = 20 * _GIB

Engine = Literal["patroni", "cloudnativepg"]


@dataclass(frozen=True)
class HouseRules:
    """What a site's declared services show: tier and members of each engine's databases, the most common ones."""

    by_engine: dict[Engine, tuple[str, int]]

    @classmethod
    def of(cls, services: Sequence[Service]) -> "HouseRules":
        """Read off the services; an engine that none of them uses has no place here."""
        found: dict[Engine, tuple[str, int]] = {}
        engines: tuple[Engine, ...] = ("patroni", "cloudnativepg")
        for engine in engines:
            needs = [each.database for each in services if each.database and each.database.engine == engine]
            counted = Counter((need.tier, need.members_per_site) for need in needs)
            if counted:
                found[engine] = min(counted, key=lambda place: (-counted[place], place))
        return cls(found)


def data_bytes(dossier: Dossier, system: DossierSystem) -> int | None:
    """The system's data as declared: the whole, or the sum of its databases if that is more; None: not known."""
    sizes = [database.size_bytes for database in dossier.databases_of(system.id)]
    known = [size for size in sizes if size is not None]
    if system.data_size is not None:
        return max(int(parse_quantity(system.data_size)), sum(known))
    return sum(known) if known and len(known) == len(sizes) else None


def engine_of(system: DossierSystem, database: DossierDatabase) -> Engine:
    """Patroni for national databases and the first two grades, CloudNativePG for the rest."""
    soon = system.tier is not None and system.tier.grade <= 2
    return "patroni" if soon or database.scope is DatabaseScope.NATIONAL else "cloudnativepg"


def database_places(
    dossier: Dossier, system: DossierSystem, rules: HouseRules, hosted: Service | None
) -> tuple[list[DatabasePlace], list[str]]:
    """Where the system's databases will be, and what is missing for it. hosted: the service that it is, if any."""
    databases = dossier.databases_of(system.id)
    whole = data_bytes(dossier, system) or 0
    places, missing = [], []
    for database in databases:
        need = hosted.database if hosted is not None else None
        place = _declared(need) if need is not None else _by_rule(engine_of(system, database), rules)
        if place is None:
            missing.append(f"no declared service of the site shows a tier for {engine_of(system, database)}")
            continue
        engine, tier, members = place
        size = quantity_of(_place_bytes(database, whole // len(databases)))
        places.append(
            DatabasePlace(database=database.id, engine=engine, tier=tier, size=size, members_per_site=members)
        )
    return places, missing


def _declared(need: DatabaseNeed) -> tuple[Engine, str, int]:
    return need.engine, need.tier, need.members_per_site


def _by_rule(engine: Engine, rules: HouseRules) -> tuple[Engine, str, int] | None:
    found = rules.by_engine.get(engine)
    return (engine, *found) if found is not None else None


def _place_bytes(database: DossierDatabase, share_bytes: int) -> int:
    growth = max(database.growth_bytes_day or 0, 0) * GROWTH_DAYS
    wal = (database.wal_bytes_s or 0) * WAL_S
    needed = max(database.size_bytes or 0, share_bytes) + growth + wal
    return ceil(needed * HEADROOM_PERCENT / 100 / _GIB) * _GIB


def zone_size(data: int, volume_tier: str, places: Sequence[DatabasePlace]) -> ZoneSize:
    """What the namespace may take; databases inside the cluster claim their volumes there too."""
    cores = min(BASE_CORES + CORES_PER_TIB * ceil(data / _TIB), MOST_CORES)
    volumes = max(ceil(data / VOLUME_SHARE / _GIB) * _GIB, LEAST_VOLUME_BYTES)
    storage = Counter({volume_tier: volumes})
    for place in places:
        if place.engine == "cloudnativepg":
            storage[place.tier] += int(parse_quantity(place.size)) * place.members_per_site
    return ZoneSize(
        cpu_cores=cores,
        memory=quantity_of(cores * GIB_PER_CORE * _GIB),
        pods=cores * PODS_PER_CORE,
        storage={tier: quantity_of(size) for tier, size in sorted(storage.items())},
    )


def claimed_bytes(size: ZoneSize, places: Sequence[DatabasePlace]) -> Counter[str]:
    """Bytes by tier that a system takes at one site, databases outside the cluster included."""
    taken = Counter({tier: int(parse_quantity(each)) for tier, each in size.storage.items()})
    for place in places:
        if place.engine == "patroni":
            taken[place.tier] += int(parse_quantity(place.size)) * place.members_per_site
    return taken
