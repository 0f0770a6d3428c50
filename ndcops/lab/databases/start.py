"""Starts the databases' store and members, and waits until they replicate; `up` and `revive` call it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from ndcops.adapters.postgres_servers import Login, ensure_owned_database
from ndcops.lab.cluster_api import HttpsClient
from ndcops.lab.control_plane import SitePrograms
from ndcops.lab.databases import store
from ndcops.lab.databases.credentials import database_keys, read_passwords, write_database_credentials
from ndcops.lab.databases.patroni_member import (
    NAMESPACE,
    MemberPlace,
    configuration,
    member_process,
    postgres_programs,
    process_name,
)
from ndcops.lab.folder import LabPaths
from ndcops.lab.private_file import write_private
from ndcops.lab.site_start import LabRun, ensure_network, ensure_process, require_alive
from ndcops.lab.state import LabService, LabState, SiteState
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.record import JsonObject

FIRST_START_TIMEOUT_S = 120.0
"""initdb, two base backups and a synchronous standby take 20 s on two idle cores."""

_RUNNING = frozenset({"running", "streaming"})


def wanted(state: LabState) -> list[LabService]:
    """The services with a database of their own."""
    return [service for service in state.services if service.database]


def require_databases(state: LabState) -> None:
    """Raises InvalidInput when the lab cannot have databases: programs or sites are missing."""
    if not wanted(state):
        return
    postgres_programs()
    if not store.store_sites(state):
        raise InvalidInput(
            "databases need a lab of three sites: fewer have no majority", resolution="ndcops inventory show"
        )


def prepare_databases(run: LabRun) -> None:
    """Every file that the databases need; changes none that is there, except configurations."""
    state = run.file.state
    if not wanted(state):
        return
    programs = postgres_programs()
    write_database_credentials(run.paths, state, datetime.now(UTC))
    for service in wanted(state):
        passwords = read_passwords(run.paths, service.id)
        for site in store.store_sites(state):
            place = member_place(run.paths, state, site, service)
            keys = database_keys(run.paths, site.name)
            document = configuration(place, keys, passwords, programs)
            write_private(place.configuration_file, json.dumps(document, indent=2) + "\n")
    write_databases_file(run.paths, state)


def member_place(paths: LabPaths, state: LabState, site: SiteState, service: LabService) -> MemberPlace:
    """Where a service's member stands on a site."""
    return MemberPlace(state, site, service, paths.site(site.name) / "databases" / service.id)


def write_databases_file(paths: LabPaths, state: LabState) -> None:
    """`databases.json`: where the databases' store is, and with what to log in there and at Patroni."""
    keys = database_keys(paths, store.store_sites(state)[0].name)
    document = {
        "apiVersion": "ndcops/v1",
        "kind": "LabDatabases",
        "members": [
            {"site": site.name, "endpoint": store.endpoint(state, site)} for site in store.store_sites(state)
        ],
        "ca_file": str(keys.authority.certificate),
        "client_certificate_file": str(keys.client.certificate),
        "client_key_file": str(keys.client.key),
        "namespace": NAMESPACE,
    }
    write_private(paths.databases_file, json.dumps(document, indent=2) + "\n")


def start_databases(run: LabRun) -> None:
    """All sites: the store, then each service's member at home first, so that it leads; then role and database."""
    state = run.file.state
    if not wanted(state):
        return
    for site in store.store_sites(state):
        _start_store(run, site)
    for site in store.store_sites(state):
        _wait_store(run, site)
    with ThreadPoolExecutor(len(wanted(state))) as pool:
        list(pool.map(lambda service: _start_service(run, service), wanted(state)))


def start_site_databases(run: LabRun, site: SiteState) -> None:
    """One site's share, after its death; waits until its members follow or lead."""
    state = run.file.state
    if not wanted(state) or site not in store.store_sites(state):
        return
    _start_store(run, site)
    for service in wanted(state):
        _start_member(run, site, service)
    _wait_store(run, site)
    for service in wanted(state):
        name = member_place(run.paths, state, site, service).name
        run.wait_for(
            f"{site.name}: the database member of {service.id} runs",
            lambda service=service, name=name: _member_state(run, site, service, name) in _RUNNING,  # type: ignore[misc]
            timeout_s=FIRST_START_TIMEOUT_S,
            pause_s=0.3,
        )


def _programs(run: LabRun, site: SiteState) -> SitePrograms:
    return SitePrograms(run.paths, run.file.state.mode, site, run.programs, ensure_network(run, site))


def _start_store(run: LabRun, site: SiteState) -> None:
    ensure_process(run, store.store_member(_programs(run, site), run.paths, run.file.state, site))


def _wait_store(run: LabRun, site: SiteState) -> None:
    state = run.file.state

    def healthy() -> bool:
        require_alive(run, site, store.STORE)
        return store.is_healthy(run.paths, state, site)

    run.wait_for(f"{site.name}: the databases' store has a leader", healthy, timeout_s=60)


def _start_member(run: LabRun, site: SiteState, service: LabService) -> None:
    place = member_place(run.paths, run.file.state, site, service)
    ensure_process(run, member_process(_programs(run, site), place))


def _start_service(run: LabRun, service: LabService) -> None:
    state = run.file.state
    home = state.site(service.home)
    _start_member(run, home, service)
    run.wait_for(
        f"{home.name}: Patroni of {service.id} has begun",
        lambda: _alive(run, home, service) and bool(_cluster(run, home, service).get("members")),
        timeout_s=FIRST_START_TIMEOUT_S,
    )
    for site in store.store_sites(state):
        _start_member(run, site, service)
    run.wait_for(
        f"{service.id}: its database leads at {home.name} or elsewhere, and a standby confirms",
        lambda: _replicates(run, service),
        timeout_s=FIRST_START_TIMEOUT_S,
        pause_s=0.3,
    )
    _own(run, service)


def _alive(run: LabRun, site: SiteState, service: LabService) -> bool:
    require_alive(run, site, process_name(service.id))
    return True


def _cluster(run: LabRun, site: SiteState, service: LabService) -> JsonObject:
    """What a member's REST API says of its cluster; empty when it does not answer yet."""
    keys = database_keys(run.paths, site.name)
    address = run.file.state.service_address(site)
    with HttpsClient(address, service.patroni_port, keys.authority.certificate, keys.client) as client:
        try:
            return client.request("GET", "/cluster", timeout_s=3.0)
        except NdcopsError:
            return {}


def _member_state(run: LabRun, site: SiteState, service: LabService, name: str) -> str:
    _alive(run, site, service)
    members = _cluster(run, site, service).get("members", [])
    return next((str(each.get("state")) for each in members if each["name"] == name), "")


def _replicates(run: LabRun, service: LabService) -> bool:
    state = run.file.state
    for site in store.store_sites(state):
        _alive(run, site, service)
    members = _cluster(run, state.site(service.home), service).get("members", [])
    roles = {each.get("role") for each in members}
    return (
        len(members) == len(store.store_sites(state))
        and {"leader", "sync_standby"} <= roles
        and all(each.get("state") in _RUNNING for each in members)
    )


def _own(run: LabRun, service: LabService) -> None:
    """The service's own role and database, on whichever site leads."""
    state = run.file.state
    members = _cluster(run, state.site(service.home), service).get("members", [])
    leader = next(each["name"] for each in members if each["role"] == "leader")
    site = next(
        site for site in store.store_sites(state) if member_place(run.paths, state, site, service).name == leader
    )
    passwords = read_passwords(run.paths, service.id)
    login = Login(
        host=state.service_address(site),
        port=service.postgres_port,
        database="postgres",
        user="postgres",
        password=passwords["postgres"],
    )
    ensure_owned_database(login, service.id, passwords[service.id], timeout_s=10.0)
