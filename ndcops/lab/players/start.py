"""Starts a site's player beside its API; the lab's `services` call it."""

import sys

from ndcops.lab.folder import LabPaths
from ndcops.lab.pki import key_pair
from ndcops.lab.players.settings import ApiAccess, PlayerSettings
from ndcops.lab.private_file import write_private
from ndcops.lab.processes import ProcessSpec
from ndcops.lab.site_start import LabRun, ensure_network, ensure_process
from ndcops.lab.state import LabState, SiteState

PLAYERS = "players"


def start_site_player(run: LabRun, site: SiteState) -> None:
    """Start the site's player unless it runs."""
    settings = run.paths.site(site.name) / "players.json"
    write_private(settings, player_settings(run.paths, run.file.state, site).model_dump_json(indent=2) + "\n")
    spec = ProcessSpec(
        site=site.name,
        name=PLAYERS,
        argv=(sys.executable, "-m", "ndcops.lab.players", str(settings)),
        folder=run.paths.site(site.name),
        log=run.paths.log(site.name, PLAYERS),
        network_pid=ensure_network(run, site),
    )
    ensure_process(run, spec)


def player_settings(paths: LabPaths, state: LabState, site: SiteState) -> PlayerSettings:
    """The APIs of all sites, each with the player's certificate of that site's own authority."""
    apis = []
    for each in state.sites:
        pki = paths.pki(each.name)
        client = key_pair(pki, PLAYERS)
        apis.append(
            ApiAccess(
                site=each.name,
                host=each.address,
                port=each.ports.api,
                authority=key_pair(pki, "ca").certificate,
                certificate=client.certificate,
                key=client.key,
            )
        )
    return PlayerSettings(site=site.name, apis=tuple(apis))
