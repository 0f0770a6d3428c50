"""Names led to another end, at every server."""

from collections.abc import Collection

import pytest

from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.failover import Changed, NameState, Overtaken, ServerAnswer
from ndcops.onboarding.steps.switching import PointNames, SwitchWorld
from tests.switch_facts import FakeClock

OLD, NEW = "10.0.0.1", "10.1.0.1"


class FakeNames:
    """Servers that each keep one name; the update that carries what is no longer true is refused."""

    def __init__(self, *servers: str) -> None:
        self.kept = {server: ((OLD,), 300, 0) for server in servers}
        self.silent: set[str] = set()
        self.loses_race = 0

    def entry(self, site: str) -> str:
        return NEW

    def read(self, name: str, servers: Collection[str] = ()) -> NameState:
        answers = [
            ServerAnswer(server=server, site="ndc1", problem="no answer")
            if server in self.silent
            else ServerAnswer(server=server, site="ndc1", addresses=addresses, ttl_s=ttl_s, epoch=epoch)
            for server, (addresses, ttl_s, epoch) in self.kept.items()
        ]
        return NameState(name=name, answers=tuple(answers))

    def claim(self, name: str, server: str, *, expect_epoch: int, epoch: int) -> None:
        addresses, ttl_s, found = self.kept[server]
        if found > epoch:
            raise Overtaken("a newer run")
        self.kept[server] = (addresses, ttl_s, epoch)

    def update(
        self,
        name: str,
        server: str,
        *,
        expect: tuple[str, ...],
        addresses: tuple[str, ...],
        ttl_s: int,
        epoch: int,
    ) -> None:
        if self.loses_race:
            self.loses_race -= 1
            raise Changed("somebody was quicker")
        assert self.kept[server][0] == expect
        assert self.kept[server][2] == epoch
        self.kept[server] = (addresses, ttl_s, epoch)


def world(names: FakeNames) -> tuple[SwitchWorld, FakeClock]:
    clock = FakeClock()
    return SwitchWorld(run="r", moves={}, names=names, clock=clock, token=lambda: "t"), clock


def point(**changes: object) -> PointNames:
    fields = {
        "system": "x-records",
        "stage": "moved",
        "names": ("x.example.vn",),
        "known": (OLD,),
        "addresses": (NEW,),
        "ttl_s": 5,
        "old_ttl_s": 300,
        **changes,
    }
    return PointNames.model_validate(fields)


def test_every_server_is_led_there_and_back() -> None:
    names = FakeNames("a", "b")
    step = point()
    found = step.apply(world(names)[0], lambda _: None)
    assert found["before"] == [OLD]
    assert {kept[:2] for kept in names.kept.values()} == {((NEW,), 5)}
    step.apply(world(names)[0], lambda _: None)
    step.undo(world(names)[0], lambda _: None)
    assert {kept[:2] for kept in names.kept.values()} == {((OLD,), 300)}


def test_a_lost_race_is_read_again() -> None:
    names = FakeNames("a")
    names.loses_race = 2
    point().apply(world(names)[0], lambda _: None)
    assert names.kept["a"][0] == (NEW,)


def test_lowering_waits_until_old_answers_have_died() -> None:
    names = FakeNames("a")
    given, clock = world(names)
    point(stage="low", addresses=(OLD,), waits=True).apply(given, lambda _: None)
    assert names.kept["a"][:2] == ((OLD,), 5)
    assert clock.now_s >= 300


def test_a_zone_that_somebody_else_writes_is_refused() -> None:
    names = FakeNames("a")
    names.kept["a"] = (("192.0.2.9",), 60, 0)
    with pytest.raises(Refused, match=r"192\.0\.2\.9"):
        point().apply(world(names)[0], lambda _: None)


def test_a_silent_server_is_waited_for_and_then_named() -> None:
    names = FakeNames("a", "b")
    names.silent = {"b"}
    with pytest.raises(NdcopsError, match="not so within"):
        point().apply(world(names)[0], lambda _: None)
    assert names.kept["a"][0] == (NEW,)  # those who answer lead to the new end at once
