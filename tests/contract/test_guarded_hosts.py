"""What hosts with a guard promise hardening: kept by the fake, and by a real host over SSH."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from ndcops.hardening.ports import GuardedHosts
from ndcops.model.errors import Refused
from ndcops.model.hardening import HostTarget
from ndcops.model.host import Host
from tests.fakes.guarded_hosts import FakeHost, FakeHosts


@dataclass
class Rig:
    """A host, how it is changed from outside, and what stands there."""

    hosts: GuardedHosts
    target: HostTarget
    change: Callable[[str], None]
    value: Callable[[], str]
    power_cut: Callable[[], None]


def _fake() -> Rig:
    target = HostTarget(host=Host(name="h1", site="ndc1", role="bastion", address="10.0.0.9"), user="operator")
    host = FakeHost(settings={"value": "before"})
    hosts = FakeHosts({"h1": host})
    return Rig(
        hosts,
        target,
        lambda text: host.settings.update(value=text),
        lambda: host.settings["value"],
        lambda: hosts.power_cut("h1"),
    )


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.live)])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "fake":
        yield _fake()
        return
    real = request.getfixturevalue("guarded_host")
    path = "/etc/ndcops-contract"
    real.inside("printf before > " + path)
    yield Rig(
        real.hosts,
        real.target,
        lambda text: real.inside(f"printf {text} > {path}"),
        lambda: real.inside(f"cat {path}"),
        real.power_cut,
    )
    real.inside("rm " + path)


def test_the_whole_life_of_a_run(rig: Rig) -> None:
    hosts, target = rig.hosts, rig.target
    assert hosts.prove(target).host == target.host.name
    hosts.install_guard(target)
    hosts.install_guard(target)
    assert hosts.snapshot(target, "c1").kept is False
    hosts.arm(target, "c1", 60)
    assert hosts.beat(target, "c1", 60).host == target.host.name
    with pytest.raises(Refused, match="run c1 is armed"):
        hosts.snapshot(target, "c2")
    rig.change("after")
    hosts.disarm(target, "c1")
    state = next(run for run in hosts.runs(target) if run.run == "c1")
    assert (state.confirmed, state.restored, state.armed) == (True, False, False)
    assert rig.value() == "after"
    assert any(found.before != found.after for found in hosts.compare(target, "c1"))
    assert hosts.snapshot(target, "c1").kept is True
    assert hosts.restore(target, "c1").ok
    assert rig.value() == "before"
    state = next(run for run in hosts.runs(target) if run.run == "c1")
    assert (state.confirmed, state.restored, state.armed) == (False, True, False)


def test_what_is_not_armed_takes_no_beat(rig: Rig) -> None:
    rig.hosts.install_guard(rig.target)
    rig.hosts.snapshot(rig.target, "c3")
    for act in (rig.hosts.beat, rig.hosts.arm):
        with pytest.raises(Refused, match=r"is not armed|there is no snapshot"):
            act(rig.target, "c4", 60)
    with pytest.raises(Refused, match="is not armed"):
        rig.hosts.disarm(rig.target, "c3")


def test_a_restore_in_the_middle_ends_the_run(rig: Rig) -> None:
    rig.hosts.install_guard(rig.target)
    rig.hosts.snapshot(rig.target, "c5")
    rig.hosts.arm(rig.target, "c5", 60)
    rig.change("half")
    assert rig.hosts.restore(rig.target, "c5").ok
    assert rig.value() == "before"
    with pytest.raises(Refused, match="is not armed"):
        rig.hosts.beat(rig.target, "c5", 60)


def test_a_host_started_anew_in_the_middle_takes_no_beat_and_can_be_put_back(rig: Rig) -> None:
    rig.hosts.install_guard(rig.target)
    rig.hosts.snapshot(rig.target, "c6")
    rig.hosts.arm(rig.target, "c6", 60)
    rig.change("half")
    rig.power_cut()
    for act in (lambda: rig.hosts.beat(rig.target, "c6", 60), lambda: rig.hosts.disarm(rig.target, "c6")):
        with pytest.raises(Refused, match="started anew in the middle of run c6"):
            act()
    assert rig.hosts.restore(rig.target, "c6").ok
    assert rig.value() == "before"
    with pytest.raises(Refused, match="is not armed"):
        rig.hosts.disarm(rig.target, "c6")


@pytest.mark.parametrize("act", ["restore", "compare"])
def test_an_unknown_run_is_refused(rig: Rig, act: str) -> None:
    rig.hosts.install_guard(rig.target)
    with pytest.raises(Refused, match="there is no snapshot of run c9"):
        getattr(rig.hosts, act)(rig.target, "c9")
