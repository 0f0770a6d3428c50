"""Where a service is while a move stopped half-way: as much as what is read allows to say, and no more."""

import pytest

from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts, SiteFacts
from ndcops.failover.plan.location import locate
from ndcops.failover.plan.moves import resolve
from ndcops.failover.plan.order import Order
from ndcops.failover.run.room import Failover
from ndcops.failover.steps import MoveNames, PromoteCluster
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import ServerAnswer
from tests.simulation.country import entry_of
from tests.simulation.process_world import ProcessWorld
from tests.unit.failover.conftest import accepted

RISKS = accepted("rto:regis", "rpo:regis", "lag-unknown:regis")


def read(world: ProcessWorld, name: str) -> tuple[FailoverFacts, ServiceFacts]:
    facts = world.room("ndc2").read((name,))
    found = facts.service(name)
    assert found is not None
    return facts, found


def stops_at(room: Failover, step: type[PromoteCluster] | type[MoveNames], order: Order) -> str:
    """Carry the order out until `step` fails before its effect; returns the run."""
    proposal = room.propose(order)
    with pytest.MonkeyPatch.context() as patch:

        def fail(self: object, world: object, report: object) -> dict[str, object]:
            raise NdcopsError("no reply")

        patch.setattr(step, "apply", fail)
        with pytest.raises(NdcopsError, match="failed"):
            room.execute(proposal)
    return proposal.run


def test_a_demoted_cluster_whose_token_nobody_took_holds_the_data(world: ProcessWorld) -> None:
    """Found by the simulation (seed 1009568): demoted, nobody promoted; every new order was refused."""
    room = world.room("ndc2")
    run = stops_at(room, PromoteCluster, Order(kind="switch", services=("regis",), accepted=RISKS))
    facts, found = read(world, "regis")
    where = locate(facts, found).site
    taken = (*RISKS, *accepted(f"open-run:{run}"))
    room.execute(room.propose(Order(kind="switch", services=("regis",), accepted=taken)))
    world.kernel.pass_time(30)

    assert where == "ndc1"
    assert world.country.clusters["regis"].writable("ndc3")
    assert not any(world.country.lost().values())
    assert world.country.judge.violations == []


def test_a_token_that_was_taken_says_nothing_any_more(world: ProcessWorld) -> None:
    """There and half-way back: the first token is still in the old primary's status."""
    room = world.room("ndc2")
    room.execute(room.propose(Order(kind="switch", services=("regis",), accepted=RISKS)))
    stops_at(room, PromoteCluster, Order(kind="failback", services=("regis",), accepted=RISKS))
    facts, found = read(world, "regis")
    old = found.cluster_at("ndc1")
    assert old is not None

    assert old.demotion_token
    assert locate(facts, found).site == "ndc3"


def test_two_tokens_that_nobody_took_leave_it_in_doubt(world: ProcessWorld) -> None:
    room = world.room("ndc2")
    stops_at(room, PromoteCluster, Order(kind="switch", services=("regis",), accepted=RISKS))
    facts, found = read(world, "regis")
    both = tuple(
        c.model_copy(update={"primary": "ndc1", "demoted": True, "demotion_token": "other"})
        if c.ref.site == "ndc3"
        else c
        for c in found.clusters
    )

    assert locate(facts, found.model_copy(update={"clusters": both})).site == ""


def test_a_token_of_an_earlier_loss_is_not_taken_for_the_last(world: ProcessWorld) -> None:
    """ndc1 rejoined after a loss, its token untaken; ndc3 was just told to step down and does not say so yet."""
    room = world.room("ndc2")
    room.execute(room.propose(Order(kind="switch", services=("regis",), accepted=RISKS)))
    facts, found = read(world, "regis")
    changed = {
        "ndc1": {"demoted": True, "demotion_token": "of the loss"},
        "ndc3": {"primary": "ndc1", "source": "ndc1", "demoted": False, "switching": False},
    }
    clusters = tuple(c.model_copy(update=changed.get(c.ref.site, {})) for c in found.clusters)

    assert locate(facts, found.model_copy(update={"clusters": clusters})).site == ""


def test_an_heir_that_is_not_seen_may_have_taken_the_token(world: ProcessWorld) -> None:
    room = world.room("ndc2")
    stops_at(room, PromoteCluster, Order(kind="switch", services=("regis",), accepted=RISKS))
    facts, found = read(world, "regis")
    seen = tuple(c for c in found.clusters if c.ref.site == "ndc1")

    assert locate(facts, found.model_copy(update={"clusters": seen})).site == "ndc3"


@pytest.mark.parametrize(
    ("led", "site", "astray"),
    [
        (("ndc2", "ndc2", "ndc2"), "ndc2", ()),
        (("ndc1", "ndc2", "ndc1"), "ndc1", ("ndc2",)),
        (("ndc2", "ndc1", "ndc2"), "ndc2", ("ndc1",)),
        (("ndc2", "ndc1", ""), "", ()),
        (("ndc3", "ndc3", "ndc2"), "ndc3", ("ndc2",)),
    ],
)
def test_without_data_most_servers_decide(
    world: ProcessWorld, led: tuple[str, ...], site: str, astray: tuple[str, ...]
) -> None:
    facts, found = read(world, "plain")
    answers = tuple(
        ServerAnswer(server=f"ns-{at}", site=at, addresses=(entry_of(to),), ttl_s=5, epoch=4)
        if to
        else ServerAnswer(server=f"ns-{at}", site=at, problem="no reply")
        for at, to in zip(("ndc1", "ndc2", "ndc3"), led, strict=True)
    )
    names = tuple(name.model_copy(update={"answers": answers}) for name in found.names)
    place = locate(facts, found.model_copy(update={"names": names}))

    assert (place.site, place.astray) == (site, astray)


def test_names_never_decide_by_count_where_there_is_data(world: ProcessWorld) -> None:
    facts, found = read(world, "ident")
    answers = tuple(
        a.model_copy(update={"addresses": (entry_of("ndc2"),)}) if a.site == "ndc3" else a
        for a in found.names[0].answers
    )
    names = (found.names[0].model_copy(update={"answers": answers}),)

    assert locate(facts, found.model_copy(update={"names": names, "database": None})).site == ""


@pytest.mark.parametrize("way", ["rejoin", "switch"])
def test_names_that_were_half_moved_are_brought_together(world: ProcessWorld, way: str) -> None:
    """Found by the simulation (seed 1003993): two servers led to the target, one to the source."""
    room = world.room("ndc3")
    run = stops_at(room, MoveNames, Order(kind="switch", services=("plain",)))
    for server in ("ndc1", "ndc3"):
        world.country.records[server, "plain.ndc.gov.vn"].addresses = (entry_of("ndc1"),)
    world.country.records["ndc2", "plain.ndc.gov.vn"].ttl_s = 60
    taken = accepted(f"open-run:{run}")
    if way == "rejoin":
        proposal = room.propose_rejoin(Order(kind="failback", site="ndc2", accepted=taken))
        assert proposal is not None
    else:
        proposal = room.propose(Order(kind="switch", services=("plain",), accepted=taken))
    room.execute(proposal)

    led = {world.country.records[server, "plain.ndc.gov.vn"].addresses for server in world.country.sites}
    assert led == {(entry_of("ndc1"),)}
    assert room.story(run).ending == "superseded"


def test_half_moved_names_of_a_lost_site_follow_to_the_other(world: ProcessWorld) -> None:
    room = world.room("ndc3")
    run = stops_at(room, MoveNames, Order(kind="switch", services=("plain",)))
    world.country.records["ndc3", "plain.ndc.gov.vn"].addresses = (entry_of("ndc1"),)
    world.country.kill("ndc2")
    risks = accepted(f"open-run:{run}", "rto:plain", "dns-silent:ndc2")
    lost = Order(kind="evacuate", site="ndc2", lost=True, services=("plain",), accepted=risks)
    with pytest.raises(Refused):
        room.propose(lost.model_copy(update={"accepted": ()}))
    room.execute(room.propose(lost))

    led = {world.country.records[server, "plain.ndc.gov.vn"].addresses for server in ("ndc1", "ndc3")}
    assert led == {(entry_of("ndc1"),)}


@pytest.mark.parametrize("ways", [{"kind": "switch"}, {"kind": "evacuate", "site": "ndc2"}])
def test_half_moved_names_follow_the_data_and_never_the_data_the_names(
    world: ProcessWorld, ways: dict[str, str]
) -> None:
    world.country.records["ndc3", "ident.ndc.gov.vn"].addresses = (entry_of("ndc2"),)
    order = Order.model_validate({"services": ("ident",), **ways})
    facts, _ = read(world, "ident")
    (move,) = resolve(facts, order)
    room = world.room("ndc3")
    room.execute(room.propose(order))

    assert (move.source, move.target, move.realign) == ("ndc2", "ndc1", True)
    assert world.country.patroni["ident"].leader == "ndc1"
    led = {world.country.records[server, "ident.ndc.gov.vn"].addresses for server in world.country.sites}
    assert led == {(entry_of("ndc1"),)}


def test_an_unknown_entry_is_nobody(world: ProcessWorld) -> None:
    facts, found = read(world, "plain")
    bare = facts.model_copy(update={"sites": (SiteFacts(site="ndc1", reachable=True),)})

    assert locate(bare, found).site == "ndc2"  # its pods say so
