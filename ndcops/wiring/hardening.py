"""Builds the hardening room on the lab's hosts or on production's."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.model.target import Target, TargetKind

if TYPE_CHECKING:
    from ndcops.adapters.ssh_hosts import SshAccess
    from ndcops.hardening.ports import OnTask
    from ndcops.hardening.run import Hardening
    from ndcops.model.control import Catalogue
    from ndcops.model.hardening import HostTarget
    from ndcops.model.host import Host
    from ndcops.model.inventory import Inventory
    from ndcops.model.record import Record
    from ndcops.model.waiver import WaiverState
    from ndcops.workflow.journal_file import FileJournal
    from ndcops.workflow.runner import StepEvent

PLAYBOOKS = Path(__file__).resolve().parent.parent.parent / "playbooks"
WIDTH = 8
"""Hosts that are asked at once; more only wait for this machine's own processors."""


@dataclass(frozen=True)
class HostsOfTarget:
    """Everything that a target's hosts need: facts, accounts, keys, and where their records are kept.

    pki: folder with `ca.crt` and one `HOST.crt` and `HOST.key` a host, for mutual TLS.
    """

    inventory: "Inventory"
    target: Target
    user: str
    known_hosts: Path
    identity: Path | None
    sudo_password: Callable[[], str]
    pki: Path

    @property
    def records(self) -> Path:
        """Journals and evidence."""
        return self.target.state_dir / "hardening"


@dataclass(frozen=True)
class Evidence:
    """The chain, and what its records are about."""

    records: "tuple[Record, ...]"
    controls: "Catalogue"
    waivers: "tuple[WaiverState, ...]"
    hosts: "tuple[Host, ...]"
    taken_at: datetime


def hardening(
    kind: str,
    chosen_inventory: Path | None,
    *,
    stop: threading.Event,
    on_task: "OnTask",
    on_step: "Callable[[StepEvent], None]",
    evict_unmanaged: bool = False,
) -> "Hardening":
    """The room on a target's hosts. Raises InvalidInput, NdcopsError when the lab has no hosts."""
    from ndcops.adapters.ansible_playbooks import AnsiblePlaybooks, PlaybookSettings, read_catalogue
    from ndcops.adapters.host_scanners import HostScanners
    from ndcops.adapters.kubernetes_api import NodeDrains
    from ndcops.adapters.signatures import DetachedSignatures
    from ndcops.adapters.ssh_hosts import SshAccess, SshHosts
    from ndcops.hardening.run import Hardening

    found = hosts_of(kind, chosen_inventory)
    access = SshAccess(found.known_hosts, found.identity, found.sudo_password)
    hosts = SshHosts(access, now=_now)
    targets = _targets(found)
    found.records.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = PlaybookSettings(
        PLAYBOOKS, found.known_hosts, found.identity, found.sudo_password, state=found.records
    )
    journal = partial(_journal, found.records, _actor(access))
    return Hardening(
        inventory=found.inventory,
        target=found.target,
        targets=targets,
        catalogue=read_catalogue(PLAYBOOKS / "controls"),
        hosts=hosts,
        playbooks=AnsiblePlaybooks(settings, targets),
        drain=NodeDrains(),
        scanners=HostScanners(hosts.run_command, now=_now),
        signatures=DetachedSignatures(),
        given={"ndcops_pki_folder": str(found.pki)},
        open_journal=lambda title: journal(f"journal/{_now():%Y%m%dT%H%M%S.%f}-{title.replace(' ', '-')}.jsonl"),
        evidence=journal("evidence.jsonl"),
        today=date.today,
        width=WIDTH,
        stop=stop,
        on_task=on_task,
        on_step=on_step,
        evict_unmanaged=evict_unmanaged,
    )


def hosts_of(kind: str, chosen_inventory: Path | None) -> HostsOfTarget:
    """The hosts of a target. Raises NdcopsError when the lab has none, InvalidInput without an identity's file."""
    from ndcops.wiring import inventory_folder, read_inventory, target

    inventory = read_inventory(chosen_inventory)
    if kind == TargetKind.LAB:
        return _lab_hosts(inventory)
    chosen = target(kind, inventory)
    identity = os.environ.get("NDCOPS_SSH_IDENTITY")
    return HostsOfTarget(
        inventory=inventory,
        target=chosen,
        user=os.environ.get("NDCOPS_SSH_USER") or _first_operator(inventory),
        known_hosts=inventory_folder(chosen_inventory) / "known_hosts",
        identity=Path(identity) if identity else None,
        sudo_password=_password_of_environment,
        pki=Path(os.environ.get("NDCOPS_PKI_FOLDER") or chosen.state_dir / "pki"),
    )


def _lab_hosts(inventory: "Inventory") -> HostsOfTarget:
    """The lab's hosts in place of the inventory's; what they must reach lies in the lab too."""
    from ndcops.lab.hosts.status import status
    from ndcops.model.errors import NdcopsError
    from ndcops.model.host import Host

    lab = status()
    if not lab.up or lab.siem is None or lab.subnet is None or lab.mirror is None:
        raise NdcopsError("the lab has no hosts", resolution="ndcops lab hosts up --count 3")
    hosts = tuple(
        Host(name=each.name, site=each.site, role=each.role, address=each.address, ssh_port=each.port)
        for each in lab.everyone
    )
    baseline = inventory.baseline
    if baseline is not None:
        siem = baseline.siem.model_copy(update={"host": lab.siem.name})
        baseline = baseline.model_copy(
            update={
                "mirror": f"{lab.mirror}/debian",
                "admin_sources": (lab.subnet,),
                "siem": siem,
                "operators": (LAB_USER,),
            }
        )
    password = lab.sudo_password_file
    return HostsOfTarget(
        inventory=inventory.model_copy(update={"hosts": hosts, "baseline": baseline}),
        target=_lab_target(),
        user=LAB_USER,
        known_hosts=lab.known_hosts,
        identity=lab.identity,
        sudo_password=lambda: password.read_text().strip(),
        pki=lab.pki,
    )


LAB_USER = "operator"


def _lab_target() -> Target:
    """The lab's clusters when they are up, none otherwise: hosts can be hardened without them."""
    from ndcops.lab.folder import lab_folder
    from ndcops.lab.state import lab_target
    from ndcops.model.errors import NdcopsError

    try:
        found = lab_target()
    except NdcopsError:
        found = Target(kind=TargetKind.LAB, clusters=(), state_dir=lab_folder())
    return found.model_copy(update={"state_dir": lab_folder()})


def hardening_evidence(kind: str) -> "tuple[Record, ...]":
    """The chain of evidence of a target, checked. Raises Refused when it is damaged; empty when there is none."""
    from ndcops.lab.folder import lab_folder
    from ndcops.toolchain.folders import state_dir
    from ndcops.workflow.journal_file import read_journal

    folder = lab_folder() if kind == TargetKind.LAB else state_dir() / "production"
    path = folder / "hardening" / "evidence.jsonl"
    return read_journal(path) if path.exists() else ()


def evidence_of(kind: str, chosen_inventory: Path | None) -> Evidence:
    """Everything that an auditor's page shows. Raises Refused when the chain is damaged."""
    from ndcops.adapters.ansible_playbooks import read_catalogue
    from ndcops.adapters.signatures import DetachedSignatures
    from ndcops.hardening.plan import waiver_states

    inventory = hosts_of(kind, chosen_inventory).inventory
    controls = read_catalogue(PLAYBOOKS / "controls")
    is_valid = DetachedSignatures().is_valid
    waivers = waiver_states(inventory.waivers, inventory.hosts, controls, date.today(), is_valid)
    return Evidence(hardening_evidence(kind), controls, waivers, inventory.hosts, _now())


def sign_waiver(chosen_inventory: Path | None, waiver_id: str, key: Path) -> str:
    """The owner's signature over a waiver of the inventory, in base64. Raises InvalidInput."""
    from ndcops.adapters.signatures import sign
    from ndcops.model.errors import InvalidInput
    from ndcops.wiring import read_inventory

    document = read_inventory(chosen_inventory).waivers
    waivers = document.waivers if document is not None else ()
    found = next((each for each in waivers if each.id == waiver_id), None)
    if found is None:
        raise InvalidInput(
            f"unknown waiver '{waiver_id}'",
            details=[f"known: {', '.join(each.id for each in waivers) or 'none'}"],
            resolution="ndcops harden waivers",
        )
    return sign(key, found.signed_bytes())


def _targets(found: HostsOfTarget) -> "Mapping[str, HostTarget]":
    from ndcops.model.hardening import HostTarget

    return {host.name: HostTarget(host=host, user=found.user) for host in found.inventory.hosts}


def _first_operator(inventory: "Inventory") -> str:
    from ndcops.model.errors import InvalidInput

    if inventory.baseline is None:
        raise InvalidInput(
            "the inventory has no hardening.yaml: who enters the hosts is not known",
            resolution="ndcops inventory schema --kind Baseline",
        )
    return inventory.baseline.operators[0]


def _password_of_environment() -> str:
    """Sudo's password, from a file descriptor or the environment; never from arguments. Raises InvalidInput."""
    from ndcops.model.errors import InvalidInput

    descriptor = os.environ.get("NDCOPS_SUDO_PASSWORD_FD")
    if descriptor and not _READ:
        try:
            with os.fdopen(int(descriptor), encoding="utf-8") as stream:
                _READ.append(stream.readline().rstrip("\n"))
        except (ValueError, OSError) as error:
            raise InvalidInput(f"NDCOPS_SUDO_PASSWORD_FD={descriptor} cannot be read: {error}") from error
    password = _READ[0] if _READ else os.environ.get("NDCOPS_SUDO_PASSWORD")
    if not password:
        raise InvalidInput(
            "sudo asks for a password and none was given",
            resolution="NDCOPS_SUDO_PASSWORD_FD=3 ndcops harden … 3< FILE, or NDCOPS_SUDO_PASSWORD",
        )
    return password


_READ: list[str] = []
"""A descriptor can be read once, and several hosts ask."""


def _now() -> datetime:
    return datetime.now(UTC)


def _journal(folder: Path, actor: str, name: str) -> "FileJournal":
    from ndcops.workflow.journal_file import FileJournal

    return FileJournal(folder / name, actor=actor, now=_now)


def _actor(access: "SshAccess") -> str:
    """Who acts: the fingerprint of the key that opens the hosts, never `$USER`."""
    from ndcops.adapters.ssh_hosts import key_fingerprint

    return f"ssh key {key_fingerprint(access.identity)}"
