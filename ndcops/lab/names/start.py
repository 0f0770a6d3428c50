"""Starts the name servers and gives every service its first address; `services.start` calls it."""

import json
import os
import signal
from contextlib import suppress

from ndcops.adapters.dns_servers import AuthoritativeServer, read_key
from ndcops.lab.control_plane import SitePrograms
from ndcops.lab.folder import LabPaths
from ndcops.lab.names import server
from ndcops.lab.private_file import write_private
from ndcops.lab.processes import is_running
from ndcops.lab.site_start import LabRun, ensure_network, ensure_process, require_alive
from ndcops.lab.state import LabState, SiteState


def wanted(state: LabState) -> bool:
    """Whether any chosen service has a name."""
    return bool(server.zones(state))


def require_names(state: LabState) -> None:
    """Raises InvalidInput when BIND is missing."""
    if wanted(state):
        server.named()


def prepare_names(run: LabRun) -> None:
    """Key, zones and configurations; a server that runs reads a changed one at once."""
    state = run.file.state
    if not wanted(state):
        return
    key = server.write_key(run.paths)
    for site in state.sites:
        changed = server.write_site_files(run.paths, state, site, key)
        record = state.process(site.name, server.NAME_SERVER)
        if changed and record is not None and is_running(record):
            with suppress(ProcessLookupError):
                os.kill(record.pid, signal.SIGHUP)
    write_names_file(run.paths, state)


def write_names_file(paths: LabPaths, state: LabState) -> None:
    """`names.json`: the servers, and the key that may change them."""
    document = {
        "apiVersion": "ndcops/v1",
        "kind": "LabNames",
        "servers": [
            {"site": site.name, "address": site.address, "port": site.ports.names} for site in state.sites
        ],
        "entries": {site.name: state.service_address(site) for site in state.sites},
        "key_file": str(paths.names / "tsig.key"),
    }
    write_private(paths.names_file, json.dumps(document, indent=2) + "\n")


def start_site_names(run: LabRun, site: SiteState) -> None:
    """Start a site's server, wait until it answers for every zone, and add the names that it lacks."""
    state = run.file.state
    if not wanted(state):
        return
    programs = SitePrograms(run.paths, state.mode, site, run.programs, ensure_network(run, site))
    ensure_process(run, server.name_server(programs, run.paths, site))
    key = read_key(run.paths.names / "tsig.key")
    found = AuthoritativeServer(site.name, site.address, site.ports.names, key)

    def answers() -> bool:
        require_alive(run, site, server.NAME_SERVER)
        return all(found.serves(zone) for zone in server.zones(state))

    run.wait_for(f"{site.name}: its name server answers", answers, timeout_s=30)
    for service in state.services:
        home = state.service_address(state.site(service.home))
        for name in service.dns_names:
            found.add_if_missing(name, home, server.TTL_S)
