"""Which services of the inventory get real parts, and the ports of those; `up` calls it, it is pure."""

from collections.abc import Iterable
from typing import Final

from ndcops.lab.state import LabService
from ndcops.model.errors import InvalidInput
from ndcops.model.service import Service

ALL: Final = "all"
"""Instead of a name: every service whose database is Patroni's."""

LIMIT: Final = 50
"""Ports are counted up from a service's index: see `LabService`."""


def choose_services(
    wanted: Iterable[str], known: Iterable[LabService], inventory: Iterable[Service], sites: Iterable[str]
) -> tuple[LabService, ...]:
    """Those there are and those wanted, in the order in which they came: a known one keeps its ports.

    Raises InvalidInput for a name that the inventory does not have, or whose home or standby is not in the lab.
    """
    by_id, present = {service.id: service for service in inventory}, set(sites)
    chosen = list(known)
    for name in _expand(wanted, by_id):
        if any(each.id == name for each in chosen):
            continue
        chosen.append(_lab_service(by_id[name], len(chosen), present))
    if len(chosen) > LIMIT:
        raise InvalidInput(
            f"a lab holds at most {LIMIT} services with real parts", details=[f"{len(chosen)} wanted"]
        )
    return tuple(chosen)


def _expand(wanted: Iterable[str], by_id: dict[str, Service]) -> list[str]:
    names: list[str] = []
    for name in wanted:
        if name == ALL:
            names += [each.id for each in by_id.values() if each.database and each.database.engine == "patroni"]
        elif name in by_id:
            names.append(name)
        else:
            raise InvalidInput(
                f"the inventory has no service '{name}'",
                details=[f"services: {', '.join(by_id)}"],
                resolution="ndcops inventory show",
            )
    return list(dict.fromkeys(names))


def _lab_service(service: Service, index: int, sites: set[str]) -> LabService:
    missing = [site for site in (service.home, service.standby) if site not in sites]
    if missing:
        raise InvalidInput(
            f"service '{service.id}' needs site {missing[0]}, which the lab does not have",
            resolution="ndcops lab status",
        )
    return LabService(
        id=service.id,
        index=index,
        home=service.home,
        standby=service.standby,
        dns_names=service.dns_names,
        database=service.database is not None and service.database.engine == "patroni",
    )
