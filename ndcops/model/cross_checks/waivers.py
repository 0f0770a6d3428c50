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
    return [
        *_shared_problems(document),
        *_gate_problems(document, inventory, unread),
        *_host_problems(document, inventory),
    ]


def _shared_problems(document: Waivers) -> Iterator[Problem]:
    """Ids are given once over both lists, and every owner is declared."""
    seen: set[str] = set()
    owners = [owner.name for owner in document.owners]
    entries = [("waivers", number, one.id, one.owner) for number, one in enumerate(document.waivers)]
    entries += [("gates", number, one.id, one.owner) for number, one in enumerate(document.gates)]
    for where, number, name, owner in entries:
        if name in seen:
            message = f"'{name}' is given to two waivers; expected one of its own"
            yield Problem(Waivers.KIND, (where, number, "id"), message)
        seen.add(name)
        if owner not in owners:
            yield Problem(Waivers.KIND, (where, number, "owner"), not_among(owner, "owner", owners))


def _gate_problems(document: Waivers, inventory: Inventory, unread: Unread) -> Iterator[Problem]:
    systems = {system.id for dossier in inventory.dossiers for system in dossier.systems}
    for number, gate in enumerate(document.gates):
        if gate.system not in systems and not unread.dossiers:
            path = ("gates", number, "system")
            yield Problem(Waivers.KIND, path, not_among(gate.system, "system", systems))


def _host_problems(document: Waivers, inventory: Inventory) -> Iterator[Problem]:
    hosts = {host.name for host in inventory.hosts}
    for number, waiver in enumerate(document.waivers):
        for index, name in enumerate(waiver.hosts):
            if name not in ROLE_NAMES and name not in hosts:
                path = ("waivers", number, "hosts", index)
                yield Problem(Waivers.KIND, path, not_among(name, "host or role", [*hosts, *ROLE_NAMES]))
