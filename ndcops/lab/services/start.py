"""Databases, names and players of the chosen services, together; `up` and `revive` call it."""

from concurrent.futures import ThreadPoolExecutor

from ndcops.lab.databases import start as databases
from ndcops.lab.names import start as names
from ndcops.lab.players.start import start_site_player
from ndcops.lab.progress import Phase
from ndcops.lab.site_start import LabRun
from ndcops.lab.state import LabState, SiteState


def require_services(state: LabState) -> None:
    """Raises InvalidInput when programs or sites are missing for what was chosen; nothing has been started yet."""
    databases.require_databases(state)
    names.require_names(state)


def prepare_services(run: LabRun) -> None:
    """Write every file that they need."""
    databases.prepare_databases(run)
    names.prepare_names(run)


def start_services(run: LabRun) -> None:
    """Start what does not run on all sites, and wait until it serves."""
    sites = run.file.state.sites
    with ThreadPoolExecutor(len(sites)) as pool:
        list(pool.map(lambda site: names.start_site_names(run, site), sites))
    databases.start_databases(run)
    for site in sites:
        if run.file.state.services:
            start_site_player(run, site)
        run.clock.report(site.name, Phase.SERVICES, 1, 1)


def start_site_services(run: LabRun, site: SiteState) -> None:
    """Start one site's share."""
    names.start_site_names(run, site)
    databases.start_site_databases(run, site)
    if run.file.state.services:
        start_site_player(run, site)
    run.clock.report(site.name, Phase.SERVICES, 1, 1)
