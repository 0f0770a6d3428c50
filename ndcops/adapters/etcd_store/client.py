"""A small client of etcd v3 that asks its members in turn; coordination stands on it, the ledger can too.

Every answer but members' states is linearizable: it needs a majority. A request whose answer got lost is sent
again, to another member: it may then have been done already, so that a transaction's compares fail on what
it wrote itself. Whoever writes reads back in `otherwise` and recognises their own value.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from ndcops.adapters.etcd_store.access import EtcdAccess
from ndcops.adapters.etcd_store.gateway import (
    EXHAUSTED,
    FAILED_PRECONDITION,
    NOT_FOUND,
    Gateway,
    NoAnswer,
    Rejected,
    Reply,
)
from ndcops.adapters.etcd_store.requests import (
    Compare,
    KeyValue,
    Operation,
    encoded,
    key_values,
    range_request,
    read_answers,
    transaction,
)
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import MemberState, Unreachable
from ndcops.model.record import JsonObject

CONNECT_S = 0.7
READ_S = 1.2
"""One silent member costs at most connect and read together: below 2 s. A healthy one answers in milliseconds."""
PATIENCE_S = 4.0
"""How long a store without a leader is asked again: an election takes 1 to 2 s (etcd.io, tuning), and as long
again when votes split."""
_PAUSE_S = 0.2
ELECTION_S = 10.0
"""How long a majority of members without a leader is asked for one: several rounds of voting, on slow disks."""
PAGE = 500
CUT_OFF = "it has no leader: it is cut off from the others"


@dataclass(frozen=True)
class Outcome:
    """What a transaction did. found: what each Read of the branch that ran found; revision: the store's then."""

    succeeded: bool
    found: tuple[tuple[KeyValue, ...], ...]
    revision: int


class EtcdStore:
    """The store, through whichever of its members serves; methods may be called from several threads."""

    def __init__(
        self,
        access: EtcdAccess,
        *,
        patience_s: float = PATIENCE_S,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._gateways = [Gateway(member, access) for member in access.members]
        self._patience_s = patience_s
        self._monotonic = monotonic
        self._now = now
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for gateway in self._gateways:
            gateway.close()

    def get(self, key: str) -> KeyValue | None:
        """The key, or None. Raises Unreachable without a majority."""
        found = key_values(self._call("/v3/kv/range", {"key": encoded(key)}))
        return found[0] if found else None

    def list_keys(self, prefix: str) -> Iterator[KeyValue]:
        """All keys of a prefix in their order, of one moment, a page at a time. Raises Unreachable."""
        yield from self._pages(prefix, keys_only=False)

    def list_names(self, prefix: str) -> Iterator[str]:
        """Names of all keys of a prefix in their order, of one moment, without values. Raises Unreachable."""
        for found in self._pages(prefix, keys_only=True):
            yield found.key

    def transact(
        self, compares: Sequence[Compare], then: Sequence[Operation], otherwise: Sequence[Operation] = ()
    ) -> Outcome:
        """Run `then` when every compare holds, else `otherwise`. Raises Unreachable, NdcopsError."""
        answer = self._call("/v3/kv/txn", transaction(compares, then, otherwise))
        revision = int(answer["header"]["revision"])
        return Outcome(bool(answer.get("succeeded")), read_answers(answer), revision)

    def grant_lease(self, ttl_s: int) -> int:
        """A new lease of `ttl_s` seconds. Raises Unreachable."""
        # Chosen here, so that a request sent twice makes one lease.
        lease = secrets.randbits(62) + 1
        try:
            self._ask("/v3/lease/grant", {"TTL": str(ttl_s), "ID": str(lease)}, self._patience_s)
        except Rejected as error:
            if error.code != FAILED_PRECONDITION:  # "lease already exists": the first of two requests
                raise _explained(error) from error
        return lease

    def keep_lease(self, lease: int) -> bool:
        """Start the lease's time again; False when it has lapsed. Raises Unreachable."""
        answer = self._call("/v3/lease/keepalive", {"ID": str(lease)})
        return int(answer.get("result", {}).get("TTL", 0)) > 0

    def lease_left_s(self, lease: int) -> int | None:
        """Seconds until the lease lapses unless it is kept; None for one that has. Raises Unreachable."""
        answer = self._call("/v3/lease/timetolive", {"ID": str(lease)})
        left_s = int(answer.get("TTL", 0))
        return left_s if left_s >= 0 else None

    def revoke_lease(self, lease: int) -> None:
        """End the lease and what it holds; one that has lapsed is fine. Raises Unreachable."""
        try:
            self._ask("/v3/lease/revoke", {"ID": str(lease)}, self._patience_s)
        except Rejected as error:
            if error.code != NOT_FOUND:
                raise _explained(error) from error

    def settled_states(self) -> tuple[MemberState, ...]:
        """`member_states`, after the election that follows a lost leader; who is cut off is not waited for."""
        deadline = self._monotonic() + ELECTION_S
        while _is_electing(states := self.member_states()) and self._monotonic() < deadline:
            time.sleep(_PAUSE_S)
        return states

    def member_states(self) -> tuple[MemberState, ...]:
        """What each member says, all asked at once; needs no majority and raises nothing for silent members.

        clock_offset_ms is to half a second: their clocks come in whole ones.
        """
        with ThreadPoolExecutor(len(self._gateways), "etcd-member") as pool:
            found = list(pool.map(self._member_state, self._gateways))
        return tuple(sorted(found, key=lambda state: state.site))

    def has_majority(self) -> bool:
        """Whether some member serves a linearizable read now; an election under way is not waited for."""
        try:
            self._ask("/v3/kv/range", {"key": encoded("-")}, patience_s=0)
        except Unreachable:
            return False
        except Rejected as error:
            raise _explained(error) from error
        return True

    def read_stale(self, key: str) -> tuple[KeyValue, ...]:
        """What each member that answers has for the key, however old; needs no majority."""
        found: list[KeyValue] = []
        for gateway in self._in_turn():
            body = {"key": encoded(key), "serializable": True}
            with suppress(NoAnswer, Rejected):
                reply = gateway.post("/v3/kv/range", body, connect_s=CONNECT_S, read_s=READ_S, any_leader=True)
                found += key_values(reply.body)
        return tuple(found)

    def _pages(self, prefix: str, *, keys_only: bool) -> Iterator[KeyValue]:
        start, revision = prefix, 0
        while True:
            request = range_request(prefix, start, limit=PAGE, revision=revision)
            answer = self._call("/v3/kv/range", request | ({"keys_only": True} if keys_only else {}))
            revision = revision or int(answer["header"]["revision"])
            found = key_values(answer)
            yield from found
            if not answer.get("more") or not found:
                return
            start = found[-1].key + "\0"

    def _member_state(self, gateway: Gateway) -> MemberState:
        site, endpoint = gateway.member.site, gateway.member.endpoint
        asked = self._now()
        try:
            reply = gateway.post("/v3/maintenance/status", {}, connect_s=CONNECT_S, read_s=READ_S, any_leader=True)
        except (NoAnswer, Rejected) as error:
            return MemberState(site=site, endpoint=endpoint, answers=False, problem=str(error) or "no answer")
        problem = "" if int(reply.body.get("leader", 0)) else CUT_OFF
        return MemberState(
            site=site,
            endpoint=endpoint,
            answers=not problem,
            problem=problem or "; ".join(map(str, reply.body.get("errors") or [])),
            clock_offset_ms=_offset_ms(reply, asked, self._now()),
        )

    def _call(self, path: str, body: JsonObject) -> JsonObject:
        try:
            return self._ask(path, body, self._patience_s).body
        except Rejected as error:
            raise _explained(error) from error

    def _ask(self, path: str, body: JsonObject, patience_s: float) -> Reply:
        """The answer of the first member that serves; the last one that did is asked first.

        Raises Unreachable when none does for `patience_s`, Rejected for what the store refuses by rule.
        """
        deadline = self._monotonic() + patience_s
        read_s = READ_S
        while True:
            problems = []
            for gateway in self._in_turn():
                try:
                    return gateway.post(path, body, connect_s=CONNECT_S, read_s=read_s)
                except NoAnswer as error:
                    problems.append(f"{gateway.member.site} ({gateway.member.endpoint}): {error}")
                    self._put_last(gateway)
            if self._monotonic() >= deadline:
                raise no_majority(problems)
            # A store that is merely slow (a loaded machine, a thin link) is given more time, not called dead.
            read_s = min(read_s * 2, PATIENCE_S)
            time.sleep(_PAUSE_S)

    def _in_turn(self) -> list[Gateway]:
        with self._guard:
            return list(self._gateways)

    def _put_last(self, gateway: Gateway) -> None:
        with self._guard:
            self._gateways.remove(gateway)
            self._gateways.append(gateway)


def _is_electing(states: Sequence[MemberState]) -> bool:
    """Whether too few know a leader, while enough are there to choose one."""
    led = sum(state.answers for state in states)
    reached = led + sum(state.problem == CUT_OFF for state in states)
    return led <= len(states) // 2 < reached


def _explained(error: Rejected) -> NdcopsError:
    full = error.code == EXHAUSTED
    return NdcopsError(
        f"the coordination store refused: {error.message}",
        details=["its space is used up: it takes no writes"] if full else [],
        resolution="compact and defragment its members, then: etcdctl alarm disarm" if full else "ndcops doctor",
    )


def no_majority(problems: Sequence[str]) -> Unreachable:
    """The error when no member can serve; `problems` has a line for each."""
    return Unreachable(
        f"the coordination store has no majority: none of its {len(problems)} members can serve",
        details=sorted(problems),
        resolution="bring a second member back; without any hope of that, an operator may break the glass",
    )


def _offset_ms(reply: Reply, asked: datetime, answered: datetime) -> int | None:
    """The member's clock minus ours: its Date header has whole seconds, so half a second is added."""
    if reply.date is None:
        return None
    middle = asked + (answered - asked) / 2
    return round((reply.date - middle).total_seconds() * 1000) + 500
