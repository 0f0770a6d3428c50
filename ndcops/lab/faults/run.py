"""Cuts, slows and freezes sites of the lab, and heals them; the command line calls it through wiring."""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Network
from shutil import which

from ndcops.lab import network
from ndcops.lab.faults.links import LINK, filter_rules, shaping
from ndcops.lab.folder import LabPaths, hold_lab, lab_folder
from ndcops.lab.process_tree import ProcessTrees
from ndcops.lab.state import Direction, Fault, FaultKind, LabMode, LabState, SiteState, StateFile, require_lab
from ndcops.model.errors import InvalidInput, NdcopsError

OUTSIDE = "outside"
"""This machine itself: operators, probes."""

_RATE = re.compile(r"[1-9]\d{0,6}(kbit|mbit|gbit)")


def partition(site: str, *, peer: str = "", direction: Direction = "both") -> LabState:
    """Drop what passes between a site and `peer` (a site, `outside`, or everybody), both ways or one.

    Connections that stand are not reset: they hang, as across a cut cable. Raises InvalidInput for unknown names
    and on loopback.
    """
    return _add("lab partition", Fault(kind=FaultKind.CUT, site=site, peer=peer, direction=direction))


def slow(site: str, rate: str) -> LabState:
    """Limit a site's link to `rate` (tc(8): 512kbit, 10mbit), both ways. Raises InvalidInput."""
    if not _RATE.fullmatch(rate):
        raise InvalidInput(f"'{rate}' is no rate", resolution="ndcops lab slow SITE --rate 10mbit")
    return _add("lab slow", Fault(kind=FaultKind.SLOW, site=site, rate=rate))


def freeze(site: str, process: str = "") -> LabState:
    """SIGSTOP a site's processes, or one of them, with everything that they started. Raises InvalidInput."""
    paths = LabPaths(lab_folder())
    with hold_lab(paths.root) as held:
        file = StateFile(paths, require_lab(paths, held=held))
        file.state.site(site)
        records = [each for each in file.state.processes_of(site) if each.name != network.ANCHOR]
        chosen = [each for each in records if process in ("", each.name)]
        if not chosen:
            raise InvalidInput(
                f"{site} has no process '{process}'", details=[", ".join(each.name for each in records)]
            )
        _remember(file, Fault(kind=FaultKind.FROZEN, site=site, process=process))
        for _ in range(5):  # one that forked meanwhile has a child that runs on
            running = [each for each in ProcessTrees().of(chosen) if not each.frozen]
            if not running:
                return file.state
            _signal([each.pid for each in running], signal.SIGSTOP)
        raise NdcopsError(f"{site}: processes run on", resolution="ndcops lab status")


def heal(site: str | None = None) -> tuple[Fault, ...]:
    """End all faults, or a site's; gives which. Raises InvalidInput for an unknown site."""
    paths = LabPaths(lab_folder())
    with hold_lab(paths.root) as held:
        file = StateFile(paths, require_lab(paths, held=held))
        if site is not None:
            file.state.site(site)
        return heal_faults(file, site)


def heal_faults(file: StateFile, site: str | None = None) -> tuple[Fault, ...]:
    """As `heal`, for who holds the lab already."""
    healed = tuple(fault for fault in file.state.faults if site in (None, fault.site))
    sites = [each for each in file.state.sites if site in (None, each.name)]
    records = [record for each in sites for record in file.state.processes_of(each.name)]
    _signal([each.pid for each in ProcessTrees().of(records) if each.frozen], signal.SIGCONT)
    kept = tuple(fault for fault in file.state.faults if fault not in healed)
    file.update(faults=kept)
    if any(fault.kind is not FaultKind.FROZEN for fault in healed):
        for each in sites:
            _apply(file.state, each)
    return healed


def _add(operation: str, fault: Fault) -> LabState:
    paths = LabPaths(lab_folder())
    with hold_lab(paths.root) as held:
        file = StateFile(paths, require_lab(paths, held=held))
        state = file.state
        state.require_links(operation)
        site = state.site(fault.site)
        if fault.peer not in ("", OUTSIDE):
            state.site(fault.peer)
        if fault.peer == fault.site:
            raise InvalidInput(f"{fault.site} cannot be cut off from itself")
        if which("nft") is None:
            raise InvalidInput("cut links need nft, which is not installed", resolution="apt install nftables")
        _remember(file, fault)
        _apply(file.state, site)
        return file.state


def _remember(file: StateFile, fault: Fault) -> None:
    """Before it is done: a run that is killed in between leaves a fault that `heal` knows of."""
    replaced = [fault, *(each for each in file.state.faults if _is_slow(each) and _is_slow(fault))]
    replaced = [each for each in replaced if each.site == fault.site]
    file.update(faults=(*(each for each in file.state.faults if each not in replaced), fault))


def _is_slow(fault: Fault) -> bool:
    return fault.kind is FaultKind.SLOW


def _apply(state: LabState, site: SiteState) -> None:
    """Make the site's link as bad as its faults say."""
    anchor = state.process(site.name, network.ANCHOR)
    if state.mode is not LabMode.NETNS or state.subnet is None or anchor is None:
        return
    subnet = IPv4Network(state.subnet)
    addresses = {each.name: each.address for each in state.sites}
    addresses[OUTSIDE] = str(subnet.network_address + 1)
    faults = [fault for fault in state.faults if fault.site == site.name]
    inside = ("nsenter", f"--net=/proc/{anchor.pid}/ns/net", "--")
    _run((*inside, "nft", "-f", "-"), filter_rules(faults, addresses))
    rate = next((fault.rate for fault in faults if _is_slow(fault)), None)
    outer = network.link_name(state.lab_id, site.index)
    for prefix, device in ((inside, LINK), ((), outer)):
        shaped = " tbf " in _run((*prefix, "tc", "qdisc", "show", "dev", device))
        if rate is not None or shaped:
            _run((*prefix, "tc", *shaping(device, rate)))


def _run(argv: Sequence[str], given: str = "") -> str:
    done = subprocess.run(argv, input=given, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise NdcopsError(
            f"'{' '.join(argv)}' ended with {done.returncode}",
            details=done.stderr.strip().splitlines()[-3:],
            resolution="ndcops lab heal",
        )
    return done.stdout


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
