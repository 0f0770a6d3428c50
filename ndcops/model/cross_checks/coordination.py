"""The coordination store and the databases' store must keep their majority when any one centre is lost."""

from collections import Counter
from collections.abc import Iterator

from ndcops.model.coordination import Coordination
from ndcops.model.cross_checks.problem import Problem, Unread, not_among
from ndcops.model.database_store import DatabaseStore
from ndcops.model.inventory import Inventory
from ndcops.model.site import SiteStatus

Store = Coordination | DatabaseStore


def check_coordination(inventory: Inventory, unread: Unread) -> list[Problem]:
    """Members stand at known, built sites, each with its own endpoint; no site holds what makes the majority."""
    return [
        problem
        for store in (inventory.coordination, inventory.databases)
        if store is not None
        for problem in (*_member_problems(store, inventory, unread), *_majority_problems(store))
    ]


def _member_problems(store: Store, inventory: Inventory, unread: Unread) -> Iterator[Problem]:
    sites = {site.name: site for site in inventory.sites}
    endpoints: set[str] = set()
    for index, member in enumerate(store.members):
        site = sites.get(member.site)
        if site is None and member.site not in unread.sites:
            message = not_among(member.site, "site", [*sites, *unread.sites])
            yield Problem(store.KIND, ("members", index, "site"), message)
        if site is not None and site.status is SiteStatus.PLANNED:
            message = f"site '{site.name}' is only planned; expected an operating site or one being built"
            yield Problem(store.KIND, ("members", index, "site"), message)
        if member.endpoint in endpoints:
            message = f"'{member.endpoint}' is given to two members; expected one of its own"
            yield Problem(store.KIND, ("members", index, "endpoint"), message)
        endpoints.add(member.endpoint)


def _majority_problems(store: Store) -> Iterator[Problem]:
    """Raft needs n // 2 + 1 of n members (etcd FAQ, "What is failure tolerance?")."""
    count = len(store.members)
    majority = count // 2 + 1
    site, most = Counter(member.site for member in store.members).most_common(1)[0]
    if count - most < majority:
        message = (
            f"without {site} only {count - most} of {count} members are left, and {majority} make a majority; "
            "expected members at more sites"
        )
        yield Problem(store.KIND, ("members",), message)
    elif count % 2 == 0:
        message = f"{count} members stand no more losses than {count - 1}; expected an odd number"
        yield Problem(store.KIND, ("members",), message)
