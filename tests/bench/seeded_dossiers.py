"""Seeded portfolios of the country: ministries and provinces, their systems, databases, and what needs what."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from ndcops.model.dossier import Dossier

SHARED_SERVICES = ("identity", "data-exchange", "integrated-database", "key-management", "image-registry")
AS_OF = date(2026, 2, 1)
_FIELDS = ("dat-dai", "ho-tich", "y-te", "giao-duc", "thue", "xay-dung", "giao-thong", "lao-dong", "nong-nghiep")
_STATES = ("draft", "registered", "assessed", "planned", "landing-zone-ready", "seeded", "in-sync", "accepted")


@dataclass(frozen=True)
class Size:
    """How large the country is."""

    systems: int = 1_000
    dependencies: int = 5_000
    databases: int = 450
    ministries: int = 26
    provinces: int = 34


def seeded_dossiers(seed: int, size: Size) -> list[Dossier]:
    """The dossiers; the same seed gives the same country.

    Needs: a tenth on shared services, most on one of the 200 systems before (chains, across agencies), and about
    one in a hundred on a later system, which closes cycles.
    """
    chance = Random(f"country/{seed}")
    agencies = [f"bo-{number:02d}" for number in range(1, size.ministries + 1)]
    agencies += [f"tinh-{number:02d}" for number in range(1, size.provinces + 1)]
    systems = [_system(chance, number, agencies) for number in range(size.systems)]
    _needs(chance, systems, size.dependencies)
    with_database = chance.sample(range(size.systems), size.databases)
    databases = {number: _database(chance, systems[number]) for number in with_database}
    return [_dossier(agency, systems, databases) for agency in agencies]


def _system(chance: Random, number: int, agencies: list[str]) -> dict[str, Any]:
    agency = agencies[number % len(agencies)]
    home = chance.choice(("ndc1", "ndc1", "ndc2", "ndc3"))
    grade = chance.choices((1, 2, 3, 4), (1, 3, 4, 2))[0]
    what = chance.choice(_FIELDS)
    return {
        "agency": agency,
        "id": f"{what}-{number:04d}",
        "title": {"vi": f"Hệ thống {what} {number}", "en": f"System {what} {number}"},
        "classification": chance.choice(("public", "internal", "internal", "confidential")),
        "strategy": chance.choice(("rehost", "replatform", "replatform", "refactor")),
        "criticality": chance.choice(("low", "medium", "high", "critical")),
        "tier": {"grade": grade, "rpo_s": 60 * grade, "rto_s": 900 * grade * grade},
        "home": home,
        "standby": chance.choice([site for site in ("ndc1", "ndc2", "ndc3") if site != home]),
        "data_size": f"{chance.choice((20, 50, 100, 400, 1500))}Gi",
        "depends_on": [],
        "status": {
            "state": chance.choice(_STATES),
            "as_of": str(AS_OF - timedelta(days=chance.randint(0, 90))),
            "source": "sổ theo dõi của cơ quan",
        },
    }


def _needs(chance: Random, systems: list[dict[str, Any]], count: int) -> None:
    taken: set[tuple[int, str]] = set()
    while len(taken) < count:
        number = chance.randrange(1, len(systems))
        draw = chance.random()
        if draw < 0.1:
            need = chance.choice(SHARED_SERVICES)
        elif draw < 0.11 and number + 1 < len(systems):
            need = systems[chance.randrange(number + 1, min(number + 40, len(systems)))]["id"]
        else:
            need = systems[chance.randrange(max(0, number - 200), number)]["id"]
        if (number, need) in taken:
            continue
        taken.add((number, need))
        kind = chance.choice(("api", "data", "identity", "batch"))
        systems[number]["depends_on"].append({"to": need, "kind": kind, "hard": chance.random() < 0.6})


def _database(chance: Random, system: dict[str, Any]) -> dict[str, Any]:
    size_bytes = chance.choice((20, 50, 100, 400, 1500)) * 2**30
    national = system["agency"].startswith("bo-") and chance.random() < 0.1
    return {
        "id": f"{system['id']}-db",
        "system": system["id"],
        "scope": "national" if national else "sectoral",
        "engine": chance.choice(("postgresql", "postgresql", "oracle", "sqlserver")),
        "size_bytes": size_bytes,
        "growth_bytes_day": size_bytes // 1000,
        "wal_bytes_s": size_bytes // 10**6,
    }


def _dossier(agency: str, systems: list[dict[str, Any]], databases: dict[int, dict[str, Any]]) -> Dossier:
    own = {number: system for number, system in enumerate(systems) if system["agency"] == agency}
    ministry = agency.startswith("bo-")
    title = {"vi": f"{'Bộ' if ministry else 'Tỉnh'} số {agency[-2:]}", "en": f"{agency}"}
    return Dossier.model_validate(
        {
            "agency": {"id": agency, "title": title, "level": "ministry" if ministry else "locality"},
            "as_of": str(AS_OF),
            "contacts": [
                {"name": "Nguyễn Thị Bình", "role": "owner", "email": f"owner@{agency}.example.vn"},
                {"name": "Trần Văn Cường", "role": "rollback", "email": f"rollback@{agency}.example.vn"},
            ],
            "systems": [{key: value for key, value in each.items() if key != "agency"} for each in own.values()],
            "databases": [databases[number] for number in own if number in databases],
        }
    )
