"""Removes the lab hosts: machines, mirror, links, control groups, mounts, files; the clusters' lab stays."""

from ndcops.lab import network
from ndcops.lab.down import LabRemoval, end_all, remove_files, unmount_all
from ndcops.lab.folder import hold_lab
from ndcops.lab.hosts.control_groups import remove_groups
from ndcops.lab.hosts.layout import hosts_mark, hosts_paths


def down() -> LabRemoval:
    """Remove every lab host of this user. Raises NdcopsError naming what could not be removed."""
    paths = hosts_paths()
    lab_id = paths.lab.lab_id
    with hold_lab(paths.lab.root) as held:
        processes = end_all(hosts_mark(lab_id), grace_s=0)
        remove_groups(lab_id)
        alone = not paths.lab.state.exists()
        interfaces = network.remove_links(network.lab_links(lab_id) if alone else network.host_links(lab_id))
        mounts = unmount_all(paths.folder)
        files = remove_files(paths.folder) if paths.folder.exists() else 0
        if held and alone and not any(paths.lab.root.iterdir()):
            files += remove_files(paths.lab.root)
        return LabRemoval(processes, interfaces, mounts, files)
