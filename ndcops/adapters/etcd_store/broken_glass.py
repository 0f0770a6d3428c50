"""Going on without a majority: two people's signed order, an epoch above all others, a journal on this machine.

The store cannot be written then, so nothing of it can stop a second operator. What remains: the members that
answer must have no leader, those that do not answer must all be called dead in the order, and the epoch leaps so
far that whoever takes the lock by rule later is refused by every object that this run has written, until the run
is brought home.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from ndcops.adapters.etcd_store.client import CUT_OFF, EtcdStore
from ndcops.adapters.etcd_store.keys import Keys
from ndcops.adapters.etcd_store.requests import Compare, Put, Read
from ndcops.adapters.etcd_store.run_journal import packed, run_head
from ndcops.model.detached_signature import IsValid
from ndcops.model.errors import Refused
from ndcops.model.failover import BreakGlass, Hold, MemberState
from ndcops.model.record import canonical_json
from ndcops.workflow.journal_file import FileJournal, read_journal

EYES: Final = 2
ORDER: Final = "glass/broken"


class BrokenGlass:
    """Checks orders and keeps their journals in `folder`. signers: who may sign, with their public keys (PEM)."""

    def __init__(
        self,
        store: EtcdStore,
        keys: Keys,
        *,
        actor: str,
        now: Callable[[], datetime],
        folder: Path,
        signers: Mapping[str, str],
        is_valid: IsValid,
    ) -> None:
        self._store = store
        self._keys = keys
        self._actor = actor
        self._now = now
        self._folder = folder
        self._signers = signers
        self._is_valid = is_valid

    def open(self, order: BreakGlass, lease_s: int) -> Hold:
        """A hold by that order, recorded as the first entry of the run's journal here. Raises Refused."""
        problems = signature_problems(order, self._signers, self._is_valid) + self.objections(order)
        if problems:
            raise Refused(
                f"run {order.run} may not go on without the coordination store's majority",
                details=problems,
                resolution="ndcops failover status",
            )
        hold = Hold(
            actor=self._actor,
            purpose=f"broken glass: {order.reason}",
            # Seconds since 1970: more than a store ever gives out, and another number for each broken glass.
            epoch=self._last_epoch() + int(self._now().timestamp()),
            lease_id=0,
            lease_s=lease_s,
            acquired_at=self._now(),
        )
        body = {"order": order.model_dump(mode="json"), "epoch": hold.epoch}
        self.journal(order.run, hold).append(ORDER, body)
        return hold

    def objections(self, order: BreakGlass) -> list[str]:
        """What of the store, as it is now, speaks against going on by that order."""
        problems = member_problems(order, self._store.member_states())
        if not problems and self._store.has_majority():
            problems = ["the store has a majority: take the lock by rule"]
        return problems

    def journal(self, run: str, hold: Hold) -> FileJournal:
        """The run's journal on this machine."""
        return FileJournal(self._path(run), actor=self._actor, now=self._now, epoch=hold.epoch)

    def bring_home(self, run: str) -> int:
        """Write the run's journal into the store once it has a majority, and lift its epoch; gives that epoch.

        Done again it changes nothing. Raises Refused while an operator holds the lock, or for an unknown run.
        """
        path = self._path(run)
        records = read_journal(path) if path.exists() else ()
        if not records or records[0].kind != ORDER:
            raise Refused(
                f"there is no journal of a broken glass for run {run} on this machine",
                details=[str(path)],
                resolution="ndcops failover status",
            )
        for record in records:
            key, value = self._keys.record(run, record.sequence), packed(record)
            head = run_head(run, records[0], record).model_dump_json().encode()
            outcome = self._store.transact(
                [Compare(key, "create_revision", 0), Compare(self._keys.lock, "create_revision", 0)],
                [Put(key, value), Put(self._keys.head(run), head)],
                [Read(key)],
            )
            if not outcome.succeeded and not [found for found in outcome.found[0] if found.value == value]:
                raise Refused(
                    f"run {run} cannot be brought home now",
                    details=["an operator holds the lock, or another run has that name in the store"],
                    resolution="ndcops failover status",
                )
        return self._lift_epoch(max(record.epoch for record in records))

    def _lift_epoch(self, epoch: int) -> int:
        """The store's epoch becomes at least `epoch`."""
        while True:
            found = self._store.get(self._keys.epoch)
            if found is not None and int(found.value) >= epoch:
                return int(found.value)
            unchanged = Compare(self._keys.epoch, "mod_revision", found.mod_revision if found else 0)
            free = Compare(self._keys.lock, "create_revision", 0)
            if self._store.transact([unchanged, free], [Put(self._keys.epoch, str(epoch).encode())]).succeeded:
                return epoch
            if self._store.get(self._keys.lock) is not None:
                raise Refused(
                    "the store's epoch cannot be lifted while an operator holds the lock",
                    resolution="ndcops failover status",
                )

    def _path(self, run: str) -> Path:
        return self._folder / f"{run}.jsonl"

    def _last_epoch(self) -> int:
        """The largest epoch that any member still tells; a member may be behind, hence the leap."""
        return max((int(found.value) for found in self._store.read_stale(self._keys.epoch)), default=0)


def signed_bytes(order: BreakGlass) -> bytes:
    """What the people sign."""
    return canonical_json(order.model_copy(update={"signatures": ()}).model_dump(mode="json"))


def signature_problems(order: BreakGlass, signers: Mapping[str, str], is_valid: IsValid) -> list[str]:
    """Why the order is not signed by two people who may; empty when it is."""
    data, people, problems = signed_bytes(order), set(), []
    for each in order.signatures:
        known = signers.get(each.actor)
        if known is None or known.strip() != each.public_key.strip():
            problems.append(f"{each.actor}: not among those who may sign, or with another key")
        elif not is_valid(known, data, each.signature):
            problems.append(f"{each.actor}: the signature is not over this order")
        else:
            people.add(known.strip())
    if len(people) < EYES:
        problems.append(f"{len(people)} of {EYES} signatures hold")
    return problems


def member_problems(order: BreakGlass, members: Sequence[MemberState]) -> list[str]:
    """Which members contradict the order: alive though called dead, silent though not."""
    dead = set(order.dead_members)
    unknown = [f"{site} has no member of the store" for site in sorted(dead - {each.site for each in members})]
    alive = [
        f"{each.site} is called dead, but its member answers"
        for each in members
        if each.site in dead and is_alive(each)
    ]
    silent = [
        f"{each.site}: its member does not answer and nobody has certified it dead: it may serve others"
        for each in members
        if each.site not in dead and not is_alive(each)
    ]
    return [*unknown, *alive, *silent]


def is_alive(member: MemberState) -> bool:
    """Whether a member answered, be it that it is cut off."""
    return member.answers or member.problem == CUT_OFF
