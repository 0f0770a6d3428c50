"""Takes a whole site away and brings it back; the command line calls it through wiring."""

from collections.abc import Callable
from pathlib import Path

from ndcops.lab import network
from ndcops.lab.faults.run import heal_faults
from ndcops.lab.folder import LabPaths, hold_lab, lab_folder
from ndcops.lab.manifests import lab_roles
from ndcops.lab.process_tree import ProcessTrees
from ndcops.lab.processes import end_processes
from ndcops.lab.progress import ProgressClock, ProgressSink
from ndcops.lab.services.start import start_site_services
from ndcops.lab.site_start import LabRun, start_control_plane
from ndcops.lab.state import LabState, StateFile, require_lab
from ndcops.lab.up import prepare, wait_coordination
from ndcops.toolchain.build import ensure_engine


def kill(site: str) -> int:
    """SIGKILL every process of a site at once, as a power cut would; gives how many lived.

    Its network stays, its data too. Raises InvalidInput for an unknown site.
    """
    paths = LabPaths(lab_folder())
    with hold_lab(paths.root) as held:
        state = require_lab(paths, held=held)
        state.site(site)
        victims = [record for record in state.processes_of(site) if record.name != network.ANCHOR]
        return end_processes(ProcessTrees().of(victims), grace_s=0)


def revive(
    site: str, *, on_progress: ProgressSink | None = None, engines: Callable[[str], Path] = ensure_engine
) -> LabState:
    """Start a site's processes again on the data that they left, and wait for its API and its member.

    Faults of the site end with it.
    """
    paths = LabPaths(lab_folder())
    with hold_lab(paths.root) as held:
        state = require_lab(paths, held=held)
        state.site(site)
        run = LabRun(paths, StateFile(paths, state), engines("kube"), ProgressClock([site], on_progress))
        heal_faults(run.file, site)
        prepare(run)
        revived = start_control_plane(run, run.file.state.site(site), lab_roles())
        wait_coordination(run, revived)
        start_site_services(run, revived)
        return run.file.state
