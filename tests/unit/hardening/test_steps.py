"""Beats and ways back, where time and the door do not behave."""

import time

from ndcops.hardening.steps import HardenHost, RestoreHost, decode_harden, decode_restore
from ndcops.hardening.steps.guarded import Beating, bring_back
from ndcops.model.errors import NdcopsError
from ndcops.model.hardening import HostTarget, Proof
from ndcops.model.host import Host
from tests.fakes.guarded_hosts import FakeHost, FakeHosts

TARGET = HostTarget(host=Host(name="h1", site="ndc1", role="bastion", address="10.0.0.9"), user="operator")


def armed_host() -> FakeHosts:
    host = FakeHost(guarded=True, runs={"r1": {}}, armed="r1", settings={"half": "done"})
    return FakeHosts({"h1": host})


def wait_until(condition) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_logins_beat_while_the_context_is_open_and_stop_after() -> None:
    hosts = armed_host()
    with Beating(hosts, TARGET, "r1", every_s=0.01) as beating:
        wait_until(lambda: beating.count > 3)
    count = hosts.log.count("h1 beat r1")
    assert count == beating.count
    assert not beating.is_lost


def test_one_failed_login_is_tried_again() -> None:
    class Flaky(FakeHosts):
        failures = 2

        def beat(self, target: HostTarget, run: str, seconds: int) -> Proof:
            if self.failures:
                self.failures -= 1
                raise NdcopsError("timed out")
            return super().beat(target, run, seconds)

    with Beating(Flaky(armed_host().hosts), TARGET, "r1", every_s=0.01, retry_s=0.01) as beating:
        wait_until(lambda: beating.count > 1)
    assert not beating.is_lost


def test_a_host_that_went_back_is_lost_at_once() -> None:
    hosts = armed_host()
    with Beating(hosts, TARGET, "r1", every_s=0.01) as beating:
        wait_until(lambda: beating.count > 0)
        hosts.expire("h1")
        wait_until(lambda: beating.is_lost)
    assert "its time ran out" in beating.reason


def test_a_shut_door_is_waited_for_until_the_host_opened_it_itself() -> None:
    hosts = armed_host()
    hosts.hosts["h1"].door = "shut"
    tries = []

    def report(line: str) -> None:
        tries.append(line)

    class Opening(FakeHosts):
        def runs(self, target: HostTarget):
            if self.log.count("h1 runs") == 3:
                self.expire("h1")
            return super().runs(target)

    opening = Opening(hosts.hosts)
    assert bring_back(opening, TARGET, "r1", report, retry_s=0.01) == "it is as it was before"
    assert hosts.hosts["h1"].settings == {}


def test_a_host_that_never_comes_back_is_said_loudly() -> None:
    hosts = armed_host()
    hosts.hosts["h1"].door = "shut"
    said = bring_back(hosts, TARGET, "r1", lambda line: None, within_s=0.05, retry_s=0.01)
    assert said.startswith("it was NOT seen coming back within 0 s (host h1")


def test_a_run_that_never_began_there_changed_nothing() -> None:
    hosts = FakeHosts({"h1": FakeHost(guarded=True)})
    assert bring_back(hosts, TARGET, "r1", lambda line: None) == "nothing was changed on it"


def test_steps_come_back_from_a_journal() -> None:
    step = HardenHost("h1", "r1", ("a",), ("a | b",), True, ("h0",))
    assert decode_harden(step.arguments()) == step
    assert step.describe() == "harden h1 (drained before, uncordoned after): 1 tasks change it"
    back = RestoreHost("h1", "r1", False, ("h0",))
    assert decode_restore(back.arguments()) == back
    assert back.irreversible
