"""Reads the whole inventory folder and reports every problem of every file at once; `wiring` calls it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from ndcops.adapters.inventory_files.ansible_hosts import HostsFile, hosts_of
from ndcops.adapters.inventory_files.documents import Documents, Finding, Source
from ndcops.adapters.inventory_files.folder import Candidate, InventoryFolder
from ndcops.model.baseline import Baseline
from ndcops.model.coordination import Coordination
from ndcops.model.cross_checks import Problem, Unread, check_inventory
from ndcops.model.database_store import DatabaseStore
from ndcops.model.dossier import Dossier
from ndcops.model.errors import InvalidInput
from ndcops.model.host import Host
from ndcops.model.inventory import Inventory
from ndcops.model.ledger import LedgerDeclaration
from ndcops.model.migrations import MIGRATIONS, Migration
from ndcops.model.roadmap import RoadmapRules
from ndcops.model.runbook import Runbook
from ndcops.model.service import Service
from ndcops.model.signer import Signers
from ndcops.model.site import Site
from ndcops.model.waiver import Waivers

Named = TypeVar("Named", Site, Service, Dossier)
Single = TypeVar("Single", Coordination, Baseline, Waivers, Signers, LedgerDeclaration, RoadmapRules, Runbook)
_Place = tuple[Source, tuple[str | int, ...]]


def read_inventory(folder: Path, *, migrations: Sequence[Migration] = MIGRATIONS) -> Inventory:
    """The inventory, checked against itself.

    Raises InvalidInput whose details name every problem as `FILE:LINE: FIELD: what; expected ...`.
    """
    reading = _Reading(InventoryFolder(folder), Documents(migrations))
    try:
        inventory = reading.inventory()
    except OSError as error:
        where = error.filename or folder
        raise InvalidInput(
            f"inventory '{folder}' cannot be read: {where}: {error.strerror}",
            resolution="give yourself read access to it, then: ndcops inventory validate",
        ) from error
    findings = sorted({*reading.findings()})
    if findings:
        files = len({finding.file for finding in findings})
        raise InvalidInput(
            f"inventory '{folder}' has {_count(len(findings), 'problem')} in {_count(files, 'file')}",
            details=[str(finding) for finding in findings],
            resolution="correct the lines above, then: ndcops inventory validate",
        )
    return inventory


class _Reading:
    """One reading of a folder: remembers where each document came from, so that problems find their lines."""

    def __init__(self, folder: InventoryFolder, documents: Documents) -> None:
        self._folder = folder
        self._documents = documents
        self._places: dict[str, _Place] = {}
        self._unread: dict[str, set[str]] = {"Site": set(), "Service": set(), "Dossier": set()}
        self._cross: list[Finding] = []

    def findings(self) -> list[Finding]:
        """All that is wrong, in no order."""
        return [*self._folder.findings, *self._documents.findings, *self._cross]

    def inventory(self) -> Inventory:
        """What could be read, after checking it against itself."""
        self._folder.check_entries()
        sites = self._all(self._folder.documents("sites"), Site, ("name",))
        services = self._all(self._folder.documents("services"), Service, ("id",))
        dossiers = self._all(self._folder.dossiers(), Dossier, ("agency", "id"))
        inventory = Inventory(
            sites=tuple(sorted(sites, key=lambda site: site.name)),
            services=tuple(sorted(services, key=lambda service: service.id)),
            dossiers=tuple(sorted(dossiers, key=lambda dossier: dossier.id)),
            hosts=self._hosts(frozenset(site.name for site in sites) | self._unread["Site"]),
            coordination=self._single("coordination.yaml", Coordination),
            databases=self._single("databases.yaml", DatabaseStore),
            baseline=self._single("hardening.yaml", Baseline),
            waivers=self._single("waivers.yaml", Waivers),
            signers=self._single("signers.yaml", Signers),
            ledger=self._single("ledger.yaml", LedgerDeclaration),
            roadmap=self._single("roadmap.yaml", RoadmapRules),
            runbook=self._single("runbook.yaml", Runbook),
        )
        refused = self._folder.refused
        unread = Unread(*(frozenset(self._unread[kind] | refused) for kind in ("Site", "Service", "Dossier")))
        self._cross += [self._located(problem) for problem in check_inventory(inventory, unread)]
        return inventory

    def _all(self, candidates: list[Candidate], model: type[Named], key: tuple[str, ...]) -> list[Named]:
        found: dict[str, Named] = {}
        for candidate in candidates:
            source = self._documents.open(candidate.path, candidate.shown, model)
            document = self._documents.read(source, model) if source else None
            if source is None or document is None:
                self._unread[model.KIND].add(candidate.name)
                continue
            name: str = getattr(document, key[-1])
            if name != candidate.name:
                self._unread[model.KIND].add(candidate.name)
                message = f"'{name}' is not what the file is called; expected '{candidate.name}'"
                self._cross.append(source.finding(key, message))
            if name in found:
                first = self._places[f"{model.KIND}/{name}"][0].shown
                message = f"'{name}' is already that of {first}; expected one of its own"
                self._cross.append(source.finding(key, message))
                continue
            found[name] = document
            self._places[f"{model.KIND}/{name}"] = (source, ())
        return list(found.values())

    def _hosts(self, site_names: frozenset[str]) -> tuple[Host, ...]:
        candidate = self._folder.single("hosts.yaml")
        source = self._documents.open(candidate.path, candidate.shown, HostsFile) if candidate else None
        document = self._documents.read(source, HostsFile) if source else None
        if source is None or document is None:
            return ()
        listed = hosts_of(document, site_names)
        self._cross += [source.finding(fault.path, fault.message) for fault in listed.faults]
        for name, path in listed.places.items():
            self._places[f"Host/{name}"] = (source, path)
        return tuple(sorted(listed.hosts.values(), key=lambda host: host.name))

    def _single(self, name: str, model: type[Single]) -> Single | None:
        candidate = self._folder.single(name)
        source = self._documents.open(candidate.path, candidate.shown, model) if candidate else None
        if source is None:
            return None
        self._places[model.KIND] = (source, ())
        return self._documents.read(source, model)

    def _located(self, problem: Problem) -> Finding:
        source, base = self._places[problem.document]
        return source.finding((*base, *problem.path), problem.message)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 else "")
