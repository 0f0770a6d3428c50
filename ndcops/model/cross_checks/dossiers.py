"""A dossier against itself and the rest: ids given once, references that lead somewhere, sites, known signers."""

from collections.abc import Iterable, Iterator

from ndcops.model.cross_checks.problem import Problem, Unread, not_among
from ndcops.model.dossier import Dossier
from ndcops.model.inventory import Inventory

_Path = tuple[str | int, ...]


def check_dossiers(inventory: Inventory, unread: Unread) -> list[Problem]:
    """Whether a system's id is free over the whole inventory, `check_identities` says."""
    return [problem for dossier in inventory.dossiers for problem in _dossier_problems(dossier, inventory, unread)]


def _dossier_problems(dossier: Dossier, inventory: Inventory, unread: Unread) -> Iterator[Problem]:
    found = [
        *_repeated(dossier),
        *_dangling(dossier),
        *_sites(dossier, inventory, unread),
        *_services(dossier, inventory, unread),
        *_signers(dossier, inventory),
    ]
    for path, message in found:
        yield Problem(f"Dossier/{dossier.id}", path, message)


def _repeated(dossier: Dossier) -> Iterator[tuple[_Path, str]]:
    yield from _twice("database", ("databases",), (each.id for each in dossier.databases))
    yield from _twice("data set", ("datasets",), (each.id for each in dossier.datasets))
    for index, dataset in enumerate(dossier.datasets):
        path = ("datasets", index, "fields")
        yield from _twice("field", path, (field.name for field in dataset.fields), key="name")
    for index, system in enumerate(dossier.systems):
        path = ("systems", index, "depends_on")
        yield from _twice("dependency", path, (need.to for need in system.depends_on), key="to")


def _twice(what: str, path: _Path, names: Iterable[str], *, key: str = "id") -> Iterator[tuple[_Path, str]]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield (*path, index, key), f"the {what} '{name}' is given twice; expected one of its own"
        seen.add(name)


def _dangling(dossier: Dossier) -> Iterator[tuple[_Path, str]]:
    """References of a dossier to its own parts."""
    known = {
        "system": {system.id for system in dossier.systems},
        "database": {database.id for database in dossier.databases},
        "data set": {dataset.id for dataset in dossier.datasets},
    }
    for path, what, name in _references(dossier):
        if name not in known[what]:
            yield path, not_among(name, what, known[what])


def _references(dossier: Dossier) -> Iterator[tuple[_Path, str, str]]:
    for index, database in enumerate(dossier.databases):
        yield ("databases", index, "system"), "system", database.system
    for index, dataset in enumerate(dossier.datasets):
        yield ("datasets", index, "database"), "database", dataset.database
    for index, integration in enumerate(dossier.integrations):
        for number, name in enumerate(integration.datasets):
            yield ("integrations", index, "datasets", number), "data set", name
    for index, protection in enumerate(dossier.protection):
        yield ("protection", index, "system"), "system", protection.system
    for index, approval in enumerate(dossier.approvals):
        if approval.system is not None:
            yield ("approvals", index, "system"), "system", approval.system


def _sites(dossier: Dossier, inventory: Inventory, unread: Unread) -> Iterator[tuple[_Path, str]]:
    """A standby at home protects nothing; a copy at a place that nobody declared cannot be found again."""
    known = {site.name for site in inventory.sites} | unread.sites
    named: list[tuple[_Path, str | None]] = []
    for index, system in enumerate(dossier.systems):
        named += [(("systems", index, "home"), system.home), (("systems", index, "standby"), system.standby)]
        if system.home is not None and system.home == system.standby:
            message = f"home and standby are both '{system.home}': such a standby protects nothing"
            yield ("systems", index, "standby"), message
    for index, protection in enumerate(dossier.protection):
        named.append((("protection", index, "offsite_dc"), protection.offsite_dc))
        if protection.last_restore_test is not None and protection.last_restore_test > dossier.as_of:
            message = (
                f"{protection.last_restore_test} is after as_of ({dossier.as_of}); expected a day that has been"
            )
            yield ("protection", index, "last_restore_test"), message
    for path, name in named:
        if name is not None and name not in known:
            yield path, not_among(name, "site", known)


def _services(dossier: Dossier, inventory: Inventory, unread: Unread) -> Iterator[tuple[_Path, str]]:
    known = {service.id for service in inventory.services} | unread.services
    for index, system in enumerate(dossier.systems):
        if system.replaced_by is not None and system.replaced_by not in known:
            yield ("systems", index, "replaced_by"), not_among(system.replaced_by, "service", known)
        if system.last_used is not None and system.last_used > dossier.as_of:
            message = f"{system.last_used} is after as_of ({dossier.as_of}); expected a day that has been"
            yield ("systems", index, "last_used"), message


def _signers(dossier: Dossier, inventory: Inventory) -> Iterator[tuple[_Path, str]]:
    known = [signer.name for signer in inventory.signers.signers] if inventory.signers is not None else []
    for index, approval in enumerate(dossier.approvals):
        if approval.person not in known:
            yield ("approvals", index, "person"), not_among(approval.person, "signer", known)
