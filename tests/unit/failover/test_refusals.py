"""Bad input: every reason is told, nothing is touched."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ndcops.failover.plan.order import Order
from ndcops.failover.plan.planning import plan_moves
from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.failover import CapacityVerdict
from ndcops.model.service import Service
from tests.simulation.process_world import ProcessWorld
from tests.unit.failover.conftest import accepted


def touched(world: ProcessWorld) -> int:
    country = world.country
    held = [*country.pods.values(), *country.routes.values(), *country.records.values()]
    held += [c for store in country.clusters.values() for c in store.objects.values()]
    held += [v for store in country.volumes.values() for v in store.objects.values()]
    return sum(each.changes + each.epoch for each in held) + sum(s.epoch for s in country.patroni.values())


def lie(world: ProcessWorld) -> None:
    world.country.records["ndc3", "ident.ndc.gov.vn"].addresses = ("10.9.9.9",)


def no_answer(world: ProcessWorld) -> None:
    world.country.records["ndc3", "ident.ndc.gov.vn"].addresses = ()


def no_standby(world: ProcessWorld) -> None:
    world.country.patroni["ident"].sync = ()


def under_way(world: ProcessWorld) -> None:
    world.country.patroni["ident"].pending = "ndc3"


def cluster_not_ready(world: ProcessWorld) -> None:
    world.country.clusters["regis"].objects["ndc3"].ready = False


def volume_degraded(world: ProcessWorld) -> None:
    world.country.volumes["keys"].objects["ndc1"].degraded = True


def no_majority(world: ProcessWorld) -> None:
    for site in ("ndc1", "ndc2"):
        world.country.kill(site)


def target_silent(world: ProcessWorld) -> None:
    world.country.kill("ndc2")


@pytest.mark.parametrize(
    ("fault", "services", "reason"),
    [
        (lie, ("ident",), "ndc3 leads to 10.9.9.9; expected 10.0.1.1"),
        (no_answer, ("ident",), "ndc3 leads to nothing"),
        (no_standby, ("ident",), "no synchronous standby at ndc2"),
        (under_way, ("ident",), "a change of its leader to ndc3 is under way"),
        (cluster_not_ready, ("regis",), "its cluster at ndc3 is not ready"),
        (volume_degraded, ("keys",), "does not reach the other side"),
        (no_majority, ("plain",), "no majority of its members answers"),
        (target_silent, ("ident",), "the target does not answer"),
    ],
)
def test_a_fault_is_refused_with_its_reason(
    world: ProcessWorld, fault: Callable[[ProcessWorld], None], services: tuple[str, ...], reason: str
) -> None:
    fault(world)

    with pytest.raises(NdcopsError) as refusal:
        world.room("ndc3").propose(Order(kind="switch", services=services))

    assert refusal.value.exit_code == 3 or "majority" in refusal.value.message
    assert any(reason in line for line in (refusal.value.message, *refusal.value.details)), refusal.value.details
    assert touched(world) == 0


def test_all_reasons_are_told_together(world: ProcessWorld) -> None:
    lie(world)
    no_standby(world)

    with pytest.raises(Refused) as refusal:
        world.room("ndc3").propose(Order(kind="switch", services=("ident",)))

    assert len(refusal.value.details) == 2
    assert any("--accept no-sync-standby:ident" in line for line in refusal.value.details)


def test_what_a_loss_may_cost_is_told_with_all_else(world: ProcessWorld) -> None:
    """Found on the lab: each refusal named one risk, and the next one only after that was accepted."""
    world.country.kill("ndc1")

    with pytest.raises(Refused) as refusal:
        world.room("ndc3").propose(Order(kind="evacuate", site="ndc1", lost=True))

    risks = {line.rpartition("--accept ")[2].rstrip(")") for line in refusal.value.details}
    assert risks >= {"lag-unknown:regis", "rpo:regis"}


class FullSite:
    def room_for(self, services: Sequence[Service], site: str) -> CapacityVerdict:
        return CapacityVerdict(site=site, fits=False, reasons=("2 pods do not fit",), taken_at=datetime.now(UTC))


class Speechless:
    def __getattr__(self, name: str) -> Any:
        def refuse(*_: object, **__: object) -> None:
            raise Refused("the TSIG key is missing")

        return refuse


def test_a_target_without_room_is_refused_unless_accepted(world: ProcessWorld) -> None:
    room = world.room("ndc3", capacity=FullSite())

    with pytest.raises(Refused, match="1 reasons") as refusal:
        room.propose(Order(kind="switch", services=("plain",)))

    assert "2 pods do not fit" in refusal.value.details[0]
    assert room.propose(Order(kind="switch", services=("plain",), accepted=accepted("no-room:ndc1"))).plan.steps


def test_a_missing_secret_is_an_unknown_fact(world: ProcessWorld) -> None:
    room = world.room("ndc3")
    drivers = replace(room.given.drivers, databases=Speechless())

    with pytest.raises(Refused) as refusal:
        world.room("ndc3", drivers=drivers).propose(Order(kind="switch", services=("ident",)))

    assert any("the TSIG key is missing" in line for line in refusal.value.details)


def test_clocks_apart_are_refused(world: ProcessWorld) -> None:
    room = world.room("ndc3")
    room.given.coordination._seen.operator.skew_s = 30.0  # type: ignore[attr-defined]

    with pytest.raises(Refused) as refusal:
        room.propose(Order(kind="switch", services=("plain",)))

    assert sum("30 s from here" in line for line in refusal.value.details) == 3


def test_a_second_operator_is_refused(world: ProcessWorld) -> None:
    first, second = world.room("ndc1"), world.room("ndc3")
    proposal = second.propose(Order(kind="switch", services=("plain",)))
    first.given.coordination.acquire(purpose="something long", lease_s=15)

    with pytest.raises(Refused, match="operator lock is held by operator at ndc1"):
        second.execute(proposal)

    assert touched(world) == 0


def test_a_plan_from_other_facts_is_stale(world: ProcessWorld) -> None:
    room = world.room("ndc3")
    proposal = room.propose(Order(kind="switch", services=("plain",)))
    world.country.pods["ndc1", "plain", "plain-plain-web"].replicas = 1

    with pytest.raises(Refused, match="stale"):
        room.execute(proposal)

    assert touched(world) == 0


def test_old_facts_are_refused(world: ProcessWorld) -> None:
    room = world.room("ndc3")
    facts = room.read(("plain",))
    world.kernel.pass_time(300)

    with pytest.raises(Refused) as refusal:
        plan_moves(facts, Order(kind="switch", services=("plain",)), now=room.given.clock.now())

    assert any("was read 300 s ago" in line for line in refusal.value.details)


def test_a_lost_site_without_a_fence_is_not_replaced(world: ProcessWorld) -> None:
    world.country.kill("ndc1")
    room = world.room("ndc2")
    risks = accepted(
        *(f"{risk}:{name}" for name in ("keys", "regis", "ident") for risk in ("rpo", "rto", "lag-unknown"))
    )
    order = Order(kind="evacuate", site="ndc1", lost=True, accepted=risks)
    drivers = replace(room.given.drivers, fences=NoFence())

    with pytest.raises(Refused) as refusal:
        world.room("ndc2", drivers=drivers).propose(order)

    assert {line.rpartition("--accept ")[2] for line in refusal.value.details} == {"dark:ndc1)"}


class NoFence:
    def read(self, site: str, victim: str) -> None:
        return None


def test_a_living_site_is_not_lost(world: ProcessWorld) -> None:
    order = Order(kind="evacuate", site="ndc1", lost=True)

    with pytest.raises(Refused) as refusal:
        world.room("ndc2").propose(order)

    assert any("ndc1 answers, so it is not lost" in line for line in refusal.value.details)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (Order(kind="switch", services=("nobody",)), "unknown service 'nobody'"),
        (Order(kind="evacuate", site="ndc9"), "unknown site 'ndc9'"),
        (Order(kind="failback"), "all services are at home"),
        (Order(kind="evacuate", site="ndc3"), "no service is at ndc3"),
    ],
)
def test_an_order_that_means_nothing(world: ProcessWorld, order: Order, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        world.room("ndc2").propose(order)
