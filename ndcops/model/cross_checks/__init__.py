"""What no single file can know: overlaps, unknown names, cycles, too little room; the reader of files calls it.

Pure: an inventory in, located problems out; whoever knows the files turns a problem's path into a line.
"""

from ndcops.model.cross_checks.baseline import check_baseline
from ndcops.model.cross_checks.coordination import check_coordination
from ndcops.model.cross_checks.dependencies import check_dependencies
from ndcops.model.cross_checks.dossiers import check_dossiers
from ndcops.model.cross_checks.hosts import check_hosts
from ndcops.model.cross_checks.identities import check_identities
from ndcops.model.cross_checks.networks import check_networks
from ndcops.model.cross_checks.placement import check_placement
from ndcops.model.cross_checks.problem import Problem, Unread
from ndcops.model.cross_checks.rooms import check_rooms
from ndcops.model.cross_checks.waivers import check_waivers
from ndcops.model.inventory import Inventory

__all__ = ["Problem", "Unread", "check_inventory"]

_NOTHING_UNREAD = Unread()


def check_inventory(inventory: Inventory, unread: Unread = _NOTHING_UNREAD) -> list[Problem]:
    """Every contradiction in the inventory. `unread`: names from files that could not be read; not judged."""
    return [
        *check_identities(inventory, unread),
        *check_networks(inventory),
        *check_rooms(inventory),
        *check_placement(inventory, unread),
        *check_dependencies(inventory, unread),
        *check_dossiers(inventory, unread),
        *check_hosts(inventory, unread),
        *check_coordination(inventory, unread),
        *check_baseline(inventory),
        *check_waivers(inventory, unread),
    ]
