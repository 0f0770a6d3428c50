"""Waivers against hosts, systems and owners; whether control, check and signature hold, the rooms say."""

from collections.abc import Iterator

from ndcops.model.cross_checks.problem import Problem, Unread, not_among
from ndcops.model.inventory import Inventory
from ndcops.model.waiver import ROLE_NAMES, Waivers


def check_waivers(inventory: Inventory, unread: Unread) -> list[Problem]:
    """Ids given twice, and hosts, systems and owners that are not declared."""
    document = inventory.waivers
    if document is None:
        return []
    seen: set[str] = set()
    owners = [owner.name for owner in document.owners]
    return [
        *_gate_problems(document, inventory, unread, seen, owners),
        *_host_problems(document, inventory, seen, owners),
    ]


def _gate_problems(
    document: Waivers, inventory: Inventory, unread: Unread, seen: set[str], owners: list[str]
) -> Iterator[Problem]:
    systems = {system.id for dossier in inventory.dossiers for system in dossier.systems}
    for number, gate in enumerate(document.gates):
        if gate.id in seen:
            message = f"'{gate.id}' is given to two waivers; expected one of its own"
            yield Problem(Waivers.KIND, ("gates", number, "id"), message)
        seen.add(gate.id)
        if gate.owner not in owners:
            yield Problem(Waivers.KIND, ("gates", number, "owner"), not_among(gate.owner, "owner", owners))
        if gate.system not in systems and not unread.dossiers:
            path = ("gates", number, "system")
            yield Problem(Waivers.KIND, path, not_among(gate.system, "system", systems))


def _host_problems(
    document: Waivers, inventory: Inventory, seen: set[str], owners: list[str]
) -> Iterator[Problem]:
    hosts = {host.name for host in inventory.hosts}
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
