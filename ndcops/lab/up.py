"""Brings the whole lab up, or heals what is missing of it; the command line calls it through wiring."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

from ndcops.lab import coordination_store, credentials, network, ports
from ndcops.lab.faults.run import heal_faults
from ndcops.lab.folder import LabPaths, hold_lab, lab_folder
from ndcops.lab.manifests import lab_roles, read_definitions
from ndcops.lab.nodes import pool_sizes, site_nodes
from ndcops.lab.process_tree import ProcessTrees
from ndcops.lab.processes import end_processes, find_marked, is_running
from ndcops.lab.progress import Phase, ProgressClock, ProgressSink
from ndcops.lab.services.chosen import choose_services
from ndcops.lab.services.start import prepare_services, require_services, start_services
from ndcops.lab.site_start import LabRun, fill_cluster, start_control_plane
from ndcops.lab.state import LabMode, LabState, SiteState, StateFile, read_state
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.inventory import Inventory
from ndcops.model.site import Site
from ndcops.toolchain.build import ensure_engine

EngineFolder = Callable[[str], Path]
"""Gives the folder of an engine, built when needed (`ensure_engine`)."""


def up(
    inventory: Inventory,
    *,
    scale: float = 1.0,
    nodes_per_site: int | None = None,
    services: Sequence[str] = (),
    mode: LabMode | None = None,
    on_progress: ProgressSink | None = None,
    engines: EngineFolder = ensure_engine,
) -> LabState:
    """Start every built site of the inventory, or what is missing of a lab that is up already.

    `services` get real parts beside those that have them: PostgreSQL under Patroni on each site, and names.
    `mode` None takes namespaces where this user may make them ($NDCOPS_LAB_MODE decides otherwise).
    Raises InvalidInput, Refused when another command changes the lab, NdcopsError when a part fails;
    whatever was started stays recorded, and the next `up` goes on from there.
    """
    sites = inventory.built_sites()
    if not sites:
        raise InvalidInput(
            "the inventory has no site to start: all are planned", resolution="ndcops inventory show"
        )
    sizes = {site.name: pool_sizes(site, scale=scale, nodes_per_site=nodes_per_site) for site in sites}
    nodes = {site.name: site_nodes(site, sizes[site.name]) for site in sites}
    programs, definitions = engines("kube"), read_definitions(engines("crds"))
    paths = LabPaths(lab_folder())
    with hold_lab(paths.root, create=True):
        state = read_state(paths) or _new_state(paths, mode or _default_mode())
        if mode is not None and state.mode is not mode:
            raise InvalidInput(
                f"the lab is up in mode '{state.mode}', not '{mode}'",
                resolution="ndcops lab down, then: ndcops lab up",
            )
        state = state.model_copy(update={"scale": scale, "nodes_per_site": nodes_per_site})
        state = _with_sites(state, sites)
        names = [site.name for site in state.sites]
        chosen = choose_services(services, state.services, inventory.services, names)
        state = state.model_copy(update={"services": chosen})
        require_services(state)
        clock = ProgressClock([site.name for site in sites], on_progress)
        run = LabRun(paths, StateFile(paths, state), programs, clock)
        heal_faults(run.file)
        prepare(run)
        roles = lab_roles()

        def start(name: str) -> None:
            site = start_control_plane(run, run.file.state.site(name), roles)
            fill_cluster(run, site, definitions, nodes[name])
            wait_coordination(run, site)

        _for_each_site(run, [site.name for site in sites], start)
        start_services(run)
        return run.file.update(ready_at=datetime.now(UTC))


def _default_mode() -> LabMode:
    chosen = os.environ.get("NDCOPS_LAB_MODE")
    if chosen:
        try:
            return LabMode(chosen)
        except ValueError as error:
            raise InvalidInput(f"NDCOPS_LAB_MODE is '{chosen}'; expected {' or '.join(LabMode)}") from error
    return LabMode.NETNS if network.may_make_networks() else LabMode.LOOPBACK


def _new_state(paths: LabPaths, mode: LabMode) -> LabState:
    subnet = None
    if mode is LabMode.NETNS:
        network.require_networks()
        subnet = str(network.choose_subnet(paths.lab_id, network.used_networks(paths.lab_id)))
    return LabState(kind="LabState", lab_id=paths.lab_id, mode=mode, subnet=subnet, created_at=datetime.now(UTC))


def _with_sites(state: LabState, sites: tuple[Site, ...]) -> LabState:
    """The state with every site in it: known ones keep address, ports and pin.

    The coordination store gets its members when the lab is made: later sites join none.
    """
    known = {site.name for site in state.sites}
    first = not state.sites
    result = list(state.sites)
    for site in sites:
        if site.name not in known:
            index = max((each.index for each in result), default=-1) + 1
            taken = [port for each in result for port in each.ports.model_dump().values() if port]
            member = first and index < coordination_store.MEMBERS and len(sites) >= coordination_store.MEMBERS
            result.append(
                SiteState(
                    name=site.name,
                    index=index,
                    address=_address(state, index),
                    ports=ports.choose_ports(state.mode, coordination=member, taken=taken),
                    pod_cidr=str(site.network.pod_cidr),
                    service_cidr=str(site.network.service_cidr),
                )
            )
    return state.model_copy(update={"sites": tuple(result)})


def _address(state: LabState, index: int) -> str:
    return "127.0.0.1" if state.subnet is None else str(network.site_address(IPv4Network(state.subnet), index))


def prepare(run: LabRun) -> None:
    """Write the intent first, then clear strays, renew ports, make the bridge and every credential."""
    run.file.update()
    _end_strays(run)
    _renew_ports(run)
    state = run.file.state
    if state.subnet is not None:
        _require_subnet_free(run.paths, IPv4Network(state.subnet))
        network.ensure_bridge(run.paths.lab_id, IPv4Network(state.subnet))
    now = datetime.now(UTC)
    for site in state.sites:
        credentials.write_site_credentials(run.paths, site, now)
        run.clock.report(site.name, Phase.CREDENTIALS, 1, 1)
    if coordination_store.members(state):
        credentials.write_coordination_credentials(run.paths, state, now)
        coordination_store.write_coordination_file(run.paths, state)
    credentials.write_kubeconfigs(run.paths, state)
    prepare_services(run)


def _end_strays(run: LabRun) -> None:
    """End what an `up` started and could not record, and sites whose network namespace is gone."""
    state = run.file.state
    recorded = {(each.pid, each.start_ticks) for each in ProcessTrees().of(state.processes)}
    strays = [each for each in find_marked(run.paths.lab_id) if (each.pid, each.start_ticks) not in recorded]
    end_processes(strays, grace_s=0)
    if state.mode is LabMode.NETNS:
        for site in state.sites:
            holder = state.process(site.name, network.ANCHOR)
            if holder is None or not is_running(holder):
                end_processes(state.processes_of(site.name), grace_s=0)


def _renew_ports(run: LabRun) -> None:
    """Give a site on loopback other ports when somebody took its own while it was down."""
    state = run.file.state
    if state.mode is not LabMode.LOOPBACK:
        return
    for site in state.sites:
        owned = {port for record in state.processes_of(site.name) if is_running(record) for port in record.ports}
        lost = [
            port
            for port in site.ports.model_dump().values()
            if port and port not in owned and not ports.is_free(port)
        ]
        if not lost:
            continue
        if {site.ports.coordination, site.ports.coordination_peer} & set(lost):
            raise NdcopsError(
                f"{site.name}: port {lost[0]} of its coordination member is taken by another program",
                details=["the store's members know each other by their ports: they cannot move"],
                resolution="end the program on that port (ss -ltnp), or: ndcops lab down, then: ndcops lab up",
            )
        end_processes(
            [each for each in state.processes_of(site.name) if each.name != coordination_store.COORDINATION],
            grace_s=0,
        )
        taken = [port for each in state.sites for port in each.ports.model_dump().values() if port]
        fresh = ports.choose_ports(state.mode, coordination=False, taken=taken)
        kept = {"coordination": site.ports.coordination, "coordination_peer": site.ports.coordination_peer}
        run.file.update_site(site.name, ports=fresh.model_copy(update=kept))


def _require_subnet_free(paths: LabPaths, subnet: IPv4Network) -> None:
    """After a reboot somebody else may use the lab's addresses. Raises NdcopsError."""
    if any(subnet.overlaps(used) for used in network.used_networks(paths.lab_id)):
        raise NdcopsError(
            f"the lab's addresses {subnet} are in use by another network of this machine",
            resolution="ndcops lab down, then: ndcops lab up",
        )


def wait_coordination(run: LabRun, site: SiteState) -> None:
    """Wait for the site's member of the coordination store, when it has one."""
    if site.ports.coordination is not None:
        run.wait_for(
            f"{site.name}: its coordination member has a leader",
            lambda: coordination_store.is_healthy(run.paths, site),
            timeout_s=60,
        )
    run.clock.report(site.name, Phase.COORDINATION, 1, 1)


def _for_each_site(run: LabRun, sites: list[str], action: Callable[[str], None]) -> None:
    """All sites at once; the first failure, or Ctrl-C, stops the others and is raised."""
    with ThreadPoolExecutor(len(sites)) as pool:
        futures: list[Future[None]] = [pool.submit(action, site) for site in sites]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            if any(not future.done() or future.exception() for future in futures):
                run.stop.set()
        for future in done:
            future.result()
