"""What must be unique over the whole inventory: ids, Kubernetes contexts and UIDs, DNS zones and names."""

from collections.abc import Iterable, Iterator

from ndcops.model.cross_checks.problem import Problem, Unread, not_among
from ndcops.model.inventory import Inventory

_Named = tuple[str, str, tuple[str | int, ...]]
"""A value, the document that claims it, and where."""


def check_identities(inventory: Inventory, unread: Unread) -> list[Problem]:
    """Two sites with one context would be applied to one cluster, two services with one id to one namespace."""
    sites = inventory.sites
    context = [(site.kubernetes.context, f"Site/{site.name}", ("kubernetes", "context")) for site in sites]
    uid = [
        (site.kubernetes.uid, f"Site/{site.name}", ("kubernetes", "uid")) for site in sites if site.kubernetes.uid
    ]
    zone = [(_dns(site.dns.zone), f"Site/{site.name}", ("dns", "zone")) for site in sites]
    dns_name = [
        (_dns(name), f"Service/{service.id}", ("dns_names", index))
        for service in inventory.services
        for index, name in enumerate(service.dns_names)
    ]
    return [
        *_twice("the Kubernetes context", context),
        *_twice("the cluster UID", uid),
        *_twice("the DNS zone", zone),
        *_twice("the DNS name", dns_name),
        *_twice("the id", _ids(inventory)),
        *_unknown_services(inventory, unread),
    ]


def _ids(inventory: Inventory) -> Iterator[_Named]:
    for service in inventory.services:
        yield service.id, f"Service/{service.id}", ("id",)
    for dossier in inventory.dossiers:
        for index, system in enumerate(dossier.systems):
            yield system.id, f"Dossier/{dossier.id}", ("systems", index, "id")


def _twice(what: str, named: Iterable[_Named]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for value, document, path in named:
        if value in first:
            message = f"{what} '{value}' is already that of {first[value]}; expected one of its own"
            yield Problem(document, path, message)
        else:
            first[value] = document


def _unknown_services(inventory: Inventory, unread: Unread) -> Iterator[Problem]:
    known = {service.id for service in inventory.services} | unread.services
    for dossier in inventory.dossiers:
        for index, system in enumerate(dossier.systems):
            if system.service is not None and system.service not in known:
                message = not_among(system.service, "service", known)
                yield Problem(f"Dossier/{dossier.id}", ("systems", index, "service"), message)


def _dns(name: str) -> str:
    """DNS names are equal whatever their case and final dot (RFC 1034, section 3.1)."""
    return name.rstrip(".").lower()
