"""What landing zones are planned from: agencies, a site and its standby, services between them."""

from collections.abc import Mapping
from typing import Any

from ndcops.model.dossier import Dossier
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.service import Service
from ndcops.model.site import Site
from ndcops.onboarding.plan.landing_zone import ZoneFacts
from tests.onboarding_world import NAME
from tests.stacks.sample import service_document, site_document

NUMBERS = {"ndc1": 1, "ndc2": 2}


def site(
    name: str = "ndc1", *, hosting: str | None = "agency", flows: tuple[tuple[str, str, int], ...] = ()
) -> Site:
    """A centre whose agency zone hosts agencies, with these flows beside the sample's."""
    document = site_document(name, NUMBERS[name])
    for zone in document["network"]["zones"]:
        zone["hosts_agencies"] = zone["name"] == hosting
    document["network"]["flows"] += [
        {"from": source, "to": to, "ports": [{"port": port}], "reason": "sample"} for source, to, port in flows
    ]
    document["dns"]["entry"] = f"10.{NUMBERS[name] * 10}.0.10"
    return Site.model_validate(document)


def hosted() -> tuple[Service, ...]:
    """A registry in the data zone with a database, sign-in in the management zone, and the exchange."""
    patroni = {"engine": "patroni", "size": "1Ti", "tier": "fast", "members_per_site": 3}
    cluster = {"engine": "cloudnativepg", "size": "1Ti", "tier": "standard", "members_per_site": 2}
    return tuple(
        Service.model_validate(service_document(name, **fields))
        for name, fields in {
            "registry": {"database": patroni, "dns_names": ["r.ndc.gov.vn"]},
            "sign-in": {"zone": "management", "database": cluster},
            "data-exchange": {"zone": "agency", "database": patroni, "dns_names": ["x.ndc.gov.vn"]},
        }.items()
    )


def system(name: str = "x-records", **changes: Any) -> dict[str, Any]:
    """A system that has all that a landing zone asks."""
    return {
        "id": name,
        "title": NAME,
        "classification": "internal",
        "tier": {"grade": 2, "rpo_s": 60, "rto_s": 3600},
        "home": "ndc1",
        "standby": "ndc2",
        "cost_centre": "cost-x",
        "groups": [f"{name}-dba"],
        "data_size": "1Ti",
        **changes,
    }


def agency(name: str = "agency-x", *systems: dict[str, Any], **changes: Any) -> Dossier:
    """An agency with one database for each of its systems."""
    chosen = systems or (system(),)
    return Dossier.model_validate(
        {
            "agency": {"id": name, "title": NAME, "level": "ministry"},
            "as_of": "2026-01-31",
            "contacts": [{"name": "An", "role": "owner", "email": "an@example.vn"}],
            "systems": list(chosen),
            "databases": [
                {"id": f"{each['id']}-db", "system": each["id"], "engine": "postgresql", "size_bytes": 2**30}
                for each in chosen
            ],
            **changes,
        }
    )


def facts(
    dossier: Dossier,
    *others: Dossier,
    sites: tuple[Site, ...] | None = None,
    states: Mapping[str, LifecycleState] | None = None,
    services: tuple[Service, ...] | None = None,
) -> ZoneFacts:
    """Everything planned, unless `states` says otherwise."""
    everybody = (dossier, *others)
    planned = {each.id: LifecycleState.PLANNED for one in everybody for each in one.systems}
    return ZoneFacts(
        dossier,
        everybody,
        hosted() if services is None else services,
        (site(), site("ndc2")) if sites is None else sites,
        {**planned, **(states or {})},
    )
