"""Failover's port `Databases` over Patroni: reads, and asks for another leader by one transaction."""

import json
from urllib.parse import urlsplit

from ndcops.adapters.patroni_clusters.keys import ClusterKeys, database_state
from ndcops.adapters.patroni_clusters.members import MemberApi
from ndcops.adapters.patroni_clusters.store import ConfigurationStore, StoredValue
from ndcops.model.errors import Refused
from ndcops.model.failover import Changed, DatabaseState, Overtaken
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.slot_keeping import SlotKeeping

POSTGRES_PORT = 5432
"""Where a member listens whose conn_url names no port."""

EPOCH_PREFIX = "/ndcops/failover/databases/"
"""Beside Patroni's keys, not among them: it watches its own, and would wake for ours."""


class PatroniClusters:
    """Every service's cluster has the service's id as its scope.

    A change of leader is asked for by writing Patroni's `failover` key, as its own REST API does (patroni docs,
    POST /switchover), but in one transaction with the epoch's mark and the leader that was read: the API alone
    would take the order of an operator who was frozen meanwhile. Members act at their next loop (`loop_wait_s`);
    the leader is then woken, as the API does, which needs no condition: it only reads what the store holds.
    """

    def __init__(self, store: ConfigurationStore, members: MemberApi, *, namespace: str = "/service/") -> None:
        self._store = store
        self._members = members
        self._namespace = namespace

    def read(self, service: Service) -> DatabaseState:
        """The cluster now. Raises Unreachable without the store's majority, NdcopsError when there is no cluster,
        Refused when a member's site is unknown.
        """
        keys = self._keys(service)
        answers = self._members.ask_all(_api_urls(keys))
        held = keys.stored("leader")
        left_s = self._store.lease_left_s(held.lease) if held is not None and held.lease else None
        return database_state(service.id, keys, answers, _number(self._epoch(service)), left_s)

    def read_epoch(self, service: Service) -> int:
        """The mark alone. Raises Unreachable, Refused for one that is none of ours."""
        return _number(self._epoch(service))

    def leader_address(self, service: str) -> tuple[str, int]:
        """Host and port of the member that leads, by the store and by its own word.

        Raises Unreachable without the store's majority, NdcopsError when there is no cluster, Refused when nobody
        leads, or the leader does not say so itself.
        """
        keys = self._keys_of(service)
        member = keys.members().get(keys.leader, {})
        address = _address(member)
        if address is None or "api_url" not in member:
            raise Refused(
                f"nobody leads the database of {service}", resolution=f"ndcops failover status {service}"
            )
        answer = self._members.ask_all({keys.leader: str(member["api_url"])}).get(keys.leader)
        if answer is None or not answer.is_primary:
            raise Refused(
                f"{keys.leader} holds the leader key of {service} and does not say that it leads",
                resolution=f"ndcops failover status {service}",
            )
        return address

    def addresses(self, service: str) -> dict[str, tuple[str, int]]:
        """Host and port of every member that the store knows, by name, the leader first. Raises as `read` does."""
        keys = self._keys_of(service)
        found = {name: _address(member) for name, member in sorted(keys.members().items())}
        names = sorted(found, key=lambda name: name != keys.leader)
        return {name: address for name in names if (address := found[name]) is not None}

    def slot_keeping(self, service: str) -> SlotKeeping:
        """Which slots its members leave alone. Raises as `read` does, Refused when that is not known."""
        return SlotKeeping(service=service, rules=self._keys_of(service).slot_rules())

    def claim(self, service: Service, *, expect_epoch: int, epoch: int) -> None:
        """Put the epoch's mark. Raises Overtaken, Changed, Unreachable."""
        found = self._epoch(service)
        self._require_not_newer(service, found, epoch)
        if _number(found) == epoch:
            return
        if _number(found) != expect_epoch:
            raise Changed(f"{service.id}: its database's epoch is {_number(found)}, not {expect_epoch} as read")
        path = self._epoch_path(service)
        if self._store.write_if({path: found}, {path: str(epoch)}):
            return
        after = self._epoch(service)
        self._require_not_newer(service, after, epoch)
        if _number(after) != epoch:  # an answer that was lost on its way is done all the same
            raise Changed(f"{service.id}: another run put its database's epoch to {_number(after)}")

    def switchover(self, service: Service, *, leader: str, candidate: str, epoch: int) -> None:
        """Ask for `candidate` to lead after `leader`. Raises Changed, Overtaken, Unreachable."""
        keys = self._order(service, {"leader": leader, "member": candidate}, expect_leader=leader, epoch=epoch)
        if url := _api_urls(keys).get(leader):
            self._members.wake(url)

    def failover(self, service: Service, *, candidate: str, expect_leader: str, epoch: int) -> None:
        """Ask for `candidate` to lead, whether or not it has confirmed everything. Raises Changed, Overtaken,
        Unreachable.
        """
        self._order(service, {"member": candidate}, expect_leader=expect_leader, epoch=epoch)

    def _order(self, service: Service, order: dict[str, str], *, expect_leader: str, epoch: int) -> ClusterKeys:
        """Write it; returns the keys as they were read before."""
        keys, mark = self._keys(service), self._epoch(service)
        self._require_not_newer(service, mark, epoch)
        if _number(mark) != epoch:
            raise Changed(f"{service.id}: its database was not claimed by this run (epoch {_number(mark)})")
        if keys.leader != expect_leader:
            raise Changed(
                f"{service.id}: {keys.leader or 'nobody'} leads its database, not {expect_leader or 'nobody'}"
            )
        if order["member"] not in keys.members():
            raise Changed(f"{service.id}: its database has no live member {order['member']}")
        pending = keys.document("failover")
        if pending == order:
            return keys
        if pending:
            raise Changed(f"{service.id}: another change of leader waits at Patroni: {json.dumps(pending)}")
        conditions = {
            keys.path("leader"): keys.stored("leader"),
            keys.path("failover"): keys.stored("failover"),
            self._epoch_path(service): mark,
        }
        if self._store.write_if(conditions, {keys.path("failover"): json.dumps(order, separators=(",", ":"))}):
            return keys
        self._require_not_newer(service, self._epoch(service), epoch)
        if self._keys(service).document("failover") != order:
            raise Changed(f"{service.id}: its database changed while a new leader was asked for")
        return keys

    def _keys(self, service: Service) -> ClusterKeys:
        return self._keys_of(service.id)

    def _keys_of(self, service: str) -> ClusterKeys:
        prefix = f"{self._namespace}{service}/"
        return ClusterKeys(prefix, self._store.read(prefix))

    def _epoch_path(self, service: Service) -> str:
        return f"{EPOCH_PREFIX}{service.id}"

    def _epoch(self, service: Service) -> StoredValue | None:
        path = self._epoch_path(service)
        return self._store.read(path).get(path)

    def _require_not_newer(self, service: Service, found: StoredValue | None, epoch: int) -> None:
        if _number(found) > epoch:
            raise Overtaken(
                f"{service.id}: its database belongs to a newer run (epoch {_number(found)}, ours {epoch})",
                resolution="ndcops failover status",
            )


def _api_urls(keys: ClusterKeys) -> dict[str, str]:
    return {name: str(member["api_url"]) for name, member in keys.members().items() if "api_url" in member}


def _address(member: JsonObject) -> tuple[str, int] | None:
    """Where a member's PostgreSQL listens; None when it does not say."""
    found = urlsplit(str(member.get("conn_url", "")))
    return None if found.hostname is None else (found.hostname, found.port or POSTGRES_PORT)


def _number(mark: StoredValue | None) -> int:
    """The epoch of a mark, 0 without one. Raises Refused when it is none of ours."""
    if mark is None:
        return 0
    if not mark.value.isdigit():
        raise Refused(f"the epoch's mark of a database is '{mark.value}', not a number")
    return int(mark.value)
