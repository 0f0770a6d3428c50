"""The lab's cluster and name of a service while an agency moves there: written to, led by another, looked at."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ndcops.model.errors import NdcopsError
from ndcops.model.failover import ServerAnswer
from ndcops.model.service import Service
from ndcops.wiring import read_inventory
from ndcops.wiring.lab_services import lab_databases, lab_names
from ndcops.wiring.moving import move_targets
from tests.agency_on_its_way import room_of

TTL_S = 5
SETTLED_S = 60


def address_of(connection: str) -> str:
    """Where the agency's server is."""
    return str(conninfo_to_dict(connection)["host"])


@dataclass
class MovingCluster:
    """Within its block the service's name leads to `agency`, as before a move; then where it led."""

    inventory: Path
    service_id: str
    agency: str
    service: Service = field(init=False)

    def __post_init__(self) -> None:
        services = read_inventory(self.inventory).services
        self.service = next(each for each in services if each.id == self.service_id)
        self._databases, self._names = lab_databases(), lab_names()
        self._answers = self._read()

    @property
    def entry(self) -> str:
        """Where the system's home takes traffic."""
        with room_of(self.inventory) as room:
            home = room.dossier("agency-x").systems[0].home
        assert home is not None
        return self._names.entry(home)

    def __enter__(self) -> Self:
        self._point((self.agency,), TTL_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        # Who leads stays: Patroni hands over to whichever standby confirms, and that need not be who led before.
        self._point(self._answers[0].addresses, self._answers[0].ttl_s)

    def addresses(self) -> set[str]:
        """Where all names lead, at every server."""
        return {address for answer in self._read() for address in answer.addresses}

    def words(self, database: str) -> str:
        """For the member that leads now."""
        with room_of(self.inventory) as room:
            system = room.dossier("agency-x").systems[0]
            return move_targets("lab", room.inventory(), self.inventory).leader(system, database)

    def write(self, database: str, name: str) -> None:
        """As an application does; it counts once it is confirmed."""
        with psycopg.connect(self.words(database), autocommit=True) as session:
            session.execute('INSERT INTO dan ("Họ tên") VALUES (%s)', [name])

    def await_slot(self) -> str:
        """Until a standby that may lead next has a lasting copy of the stream back's slot; gives that member."""
        return self._await(self._with_slot, "no standby has the slot")

    def change_leader(self, candidate: str) -> None:
        """As Patroni's own switchover; until a standby confirms again."""
        before = self._databases.read(self.service)
        self._databases.claim(self.service, expect_epoch=before.epoch, epoch=before.epoch + 1)
        self._databases.switchover(self.service, leader=before.leader, candidate=candidate, epoch=before.epoch + 1)

        def leads() -> str:
            state = self._databases.read(self.service)
            following = [each for each in state.members if each.state in ("running", "streaming")]
            return candidate if state.leader == candidate and state.sync_standbys and len(following) > 2 else ""

        self._await(leads, f"{candidate} does not lead")

    def slots(self) -> list[str]:
        """Of moves, at all members."""
        found = []
        for words in self._members("postgres"):
            with psycopg.connect(words, autocommit=True) as session:
                rows = session.execute("SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'logical'")
                found += [str(name) for (name,) in rows.fetchall()]
        return found

    def _members(self, database: str) -> tuple[str, ...]:
        with room_of(self.inventory) as room:
            system = room.dossier("agency-x").systems[0]
            return move_targets("lab", room.inventory(), self.inventory).members(system, database)

    def _with_slot(self) -> str:
        members = dict(zip(self._databases.addresses(self.service_id), self._members("postgres"), strict=True))
        state = self._databases.read(self.service)
        with psycopg.connect(members[state.leader], autocommit=True) as session:
            session.execute("SELECT pg_log_standby_snapshot()")  # a copy lasts once the slot has moved on
        return next((name for name in state.sync_standbys if self._has_copy(members[name])), "")

    def _has_copy(self, words: str) -> bool:
        with psycopg.connect(words, autocommit=True) as session:
            found = session.execute(
                "SELECT slot_name FROM pg_replication_slots WHERE failover AND synced AND NOT temporary"
            ).fetchall()
            if not found:  # it sleeps up to 30 s; begun anew it looks at once
                session.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'slotsync worker'"
                )
            return bool(found)

    def _await(self, check: Callable[[], str], problem: str) -> str:
        deadline_s = time.monotonic() + SETTLED_S
        while True:
            try:
                if found := check():
                    return found
            except NdcopsError as error:
                problem = error.message
            assert time.monotonic() < deadline_s, problem
            time.sleep(1)

    def _read(self) -> tuple[ServerAnswer, ...]:
        return tuple(answer for name in self.service.dns_names for answer in self._names.read(name).answers)

    def _point(self, addresses: tuple[str, ...], ttl_s: int) -> None:
        for name in self.service.dns_names:
            for answer in self._names.read(name).answers:
                epoch = max(answer.epoch, 1)
                self._names.claim(name, answer.server, expect_epoch=answer.epoch, epoch=epoch)
                self._names.update(
                    name, answer.server, expect=answer.addresses, addresses=addresses, ttl_s=ttl_s, epoch=epoch
                )
