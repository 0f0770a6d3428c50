"""Waivers against hosts and owners; whether a control exists and a signature holds, hardening says itself."""

from collections.abc import Iterator

from ndcops.model.cross_checks.problem import Problem, not_among
from ndcops.model.inventory import Inventory
from ndcops.model.waiver import ROLE_NAMES, Waivers


def check_waivers(inventory: Inventory) -> list[Problem]:
    """Ids given twice, and hosts and owners that are not declared."""
    document = inventory.waivers
    return list(_problems(document, inventory)) if document is not None else []


def _problems(document: Waivers, inventory: Inventory) -> Iterator[Problem]:
    hosts = {host.name for host in inventory.hosts}
    owners = [owner.name for owner in document.owners]
    seen: set[str] = set()
    for number, waiver in enumerate(document.waivers):
        if waiver.id in seen:
            message = f"'{waiver.id}' is given to two waivers; expected one of its own"
            yield Problem(Waivers.KIND, ("waivers", number, "id"), message)
        seen.add(waiver.id)
        if waiver.owner not in owners:
            yield Problem(Waivers.KIND, ("waivers", number, "owner"), not_among(waiver.owner, "owner", owners))
        for index, name in enumerate(waiver.hosts):
            if name not in ROLE_NAMES and name not in hosts:
                path = ("waivers", number, "hosts", index)
                yield Problem(Waivers.KIND, path, not_among(name, "host or role", [*hosts, *ROLE_NAMES]))
