"""Brings the lab hosts up, or heals and adds what is missing; the command line calls it through wiring."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path
from shutil import which

from ndcops.lab import network
from ndcops.lab.folder import hold_lab
from ndcops.lab.hosts import disk, keys, machine
from ndcops.lab.hosts.addresses import check_count, mirror_address, plan_hosts
from ndcops.lab.hosts.image import PACKAGES, SIEM_PACKAGES, ensure_image, image_folder
from ndcops.lab.hosts.inventory import write_inventory
from ndcops.lab.hosts.layout import (
    HostsPaths,
    HostsState,
    HostState,
    Release,
    hosts_paths,
    read_hosts,
    write_hosts,
)
from ndcops.lab.hosts.mirror import DebianMirror, debian_mirror, ensure_mirror
from ndcops.lab.hosts.progress import HOST_S, IMAGE_S, ProgressClock, ProgressSink
from ndcops.lab.hosts.watches import allow_watches
from ndcops.lab.state import read_state
from ndcops.model.errors import InvalidInput, NdcopsError

_TOOLS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "apt-cacher-ng": "apt-cacher-ng",
    "ssh-keygen": "openssh-client",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "flock": "util-linux",
    "mount": "mount",
    "chroot": "coreutils",
}
_WIDTH = 2 * (os.cpu_count() or 1)


def up(count: int, release: Release, on_progress: ProgressSink | None = None) -> HostsState:
    """Boot `count` hosts and the SIEM, or what is missing of them.

    Raises InvalidInput, Refused when another command changes the lab, NdcopsError when a part fails;
    the next `up` goes on from there.
    """
    check_count(count)
    require_tools()
    allow_watches()
    paths, clock, mirror = hosts_paths(), ProgressClock(on_progress), debian_mirror()
    with hold_lab(paths.lab.root, create=True):
        state = _plan(paths, count, release, mirror)
        _make_images(state, mirror, clock)
        write_hosts(paths, state)
        subnet = IPv4Network(state.subnet)
        network.ensure_bridge(paths.lab.lab_id, subnet)
        ensure_mirror(paths, mirror, mirror_address(subnet))
        _make_keys(paths, state)
        _boot_all(paths, state, clock)
        write_inventory(paths, state)
        disk.write_hosts_tables(paths, state)
        state = state.model_copy(update={"ready_at": datetime.now(UTC)})
        write_hosts(paths, state)
        return state


def require_tools() -> None:
    """Raises InvalidInput with the apt command when rights or programs are missing."""
    missing = sorted({package for tool, package in _TOOLS.items() if which(tool) is None})
    if os.geteuid() != 0 or not network.may_make_networks():
        raise InvalidInput(
            "lab hosts need root: they are booted machines with mounts and networks of their own",
            details=[f"missing here, too: {', '.join(missing)}"] if missing else [],
            resolution="as root"
            + (f": apt install {' '.join(missing)}, then" if missing else "")
            + ": ndcops lab hosts up --count 3",
        )
    if missing:
        raise InvalidInput(
            f"lab hosts need {', '.join(missing)}",
            resolution=f"apt install --no-install-recommends {' '.join(missing)}",
        )


def _plan(paths: HostsPaths, count: int, release: Release, mirror: DebianMirror) -> HostsState:
    known = read_hosts(paths)
    used = network.used_networks(paths.lab.lab_id)
    if known is None:
        known = HostsState(
            kind="LabHostsState",
            lab_id=paths.lab.lab_id,
            release=release,
            subnet=str(_subnet(paths, used)),
            created_at=datetime.now(UTC),
        )
    return planned_state(known, count, release, mirror, used)


def planned_state(
    known: HostsState, count: int, release: Release, mirror: DebianMirror, used: Sequence[IPv4Network]
) -> HostsState:
    """The state with `count` hosts: those that there are keep what they have. Raises InvalidInput, NdcopsError.

    `used` are networks that this machine reaches otherwise: after a reboot one may lie over the lab's.
    """
    subnet = IPv4Network(known.subnet)
    if any(subnet.overlaps(each) for each in used):
        raise NdcopsError(
            f"the lab hosts' addresses {subnet} are in use by another network of this machine",
            resolution="ndcops lab hosts down, then: ndcops lab hosts up",
        )
    image = image_folder(release, PACKAGES, mirror)
    siem_image = image_folder(release, PACKAGES + SIEM_PACKAGES, mirror)
    planned = plan_hosts(count, subnet, image, siem_image)
    if known.release is not release or len(known.hosts) > len(planned):
        raise InvalidInput(
            f"{len(known.hosts) - 1} lab hosts of release '{known.release}' are there already",
            resolution="ndcops lab hosts down, then: ndcops lab hosts up",
        )
    return known.model_copy(update={"hosts": known.hosts + planned[len(known.hosts) :], "ready_at": None})


def _subnet(paths: HostsPaths, used: list[IPv4Network]) -> IPv4Network:
    """The network of the clusters' lab when it has one, so that hosts and sites share a bridge."""
    clusters = read_state(paths.lab)
    if clusters is not None and clusters.subnet is not None:
        return IPv4Network(clusters.subnet)
    return network.choose_subnet(paths.lab.lab_id, used)


def _make_images(state: HostsState, mirror: DebianMirror, clock: ProgressClock) -> None:
    absent = {
        folder: packages
        for packages in (PACKAGES, PACKAGES + SIEM_PACKAGES)
        if not (folder := image_folder(state.release, packages, mirror)).is_dir()
    }
    for host in state.hosts:
        clock.expect(host.name, HOST_S)
    for folder in absent:
        clock.expect(_image_name(folder), IMAGE_S)
    for folder, packages in absent.items():
        ensure_image(state.release, packages, mirror, _reporter(clock, _image_name(folder)))


def _image_name(folder: Path) -> str:
    return f"image {folder.name}"


def _reporter(clock: ProgressClock, subject: str) -> Callable[[str, int, int], None]:
    return lambda phase, done, total: clock.report(subject, phase, done, total)


def _make_keys(paths: HostsPaths, state: HostsState) -> None:
    keys.make_operator(paths)
    _side_by_side(state.hosts, lambda host: keys.make_host_keys(paths, host.name))
    keys.write_known_hosts(paths, state.hosts)
    keys.make_certificates(paths, state.hosts, datetime.now(UTC))


def _boot_all(paths: HostsPaths, state: HostsState, clock: ProgressClock) -> None:
    def boot_one(host: HostState) -> None:
        clock.report(host.name, "disk", 0, 3)
        boot(paths, state, host, lambda phase, done: clock.report(host.name, phase, done, 3))

    _side_by_side(state.hosts, boot_one)


def boot(paths: HostsPaths, state: HostsState, host: HostState, on_phase: Callable[[str, int], None]) -> None:
    """Boot one host unless it lives, and wait for it. Raises NdcopsError."""
    living = machine.processes_of(paths, host.name)
    if machine.leader_among(living, host.name) is None:
        machine.cut_power(paths, host.name)
        disk.ensure_disk(paths, state, host)
        on_phase("boot", 1)
        machine.start(paths, host)
    on_phase("start of services", 2)
    machine.wait_booted(paths, host)
    on_phase("ready", 3)


def _side_by_side(hosts: Sequence[HostState], action: Callable[[HostState], None]) -> None:
    """As many at a time as the processors bear; every failure is told, none hides another."""
    failures: list[NdcopsError] = []

    def guarded(host: HostState) -> None:
        try:
            action(host)
        except NdcopsError as error:
            failures.append(error)

    with ThreadPoolExecutor(min(_WIDTH, len(hosts))) as pool:
        list(pool.map(guarded, hosts))
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise NdcopsError(
            f"{len(failures)} of {len(hosts)} lab hosts failed",
            details=[detail for error in failures for detail in (error.message, *error.details)],
            resolution="ndcops lab hosts status; then: ndcops lab hosts up",
        )
