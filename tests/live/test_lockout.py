"""A real host whose door shuts in the middle of the room's own step: the step fails, the host is as before."""

import threading
import time

import pytest

from ndcops.hardening.steps import HardenHost
from ndcops.model.errors import NdcopsError
from ndcops.model.host import HostRole
from ndcops.wiring.hardening import hardening
from ndcops.wiring.lab_hosts import hosts_status
from tests.bench.lockout_controller import world_of
from tests.bench.lockout_faults import FAULTS, FaultyPlay, Trial
from tests.bench.lockout_judge import Judge
from tests.guarded_host import GuardedHost

pytestmark = [pytest.mark.live, pytest.mark.slow]

TRIED = ("all input dropped",)
"""The benchmark of lock-outs tries all of them on every role."""
BACK_WITHIN_S = 60


@pytest.mark.parametrize("name", TRIED)
def test_a_shut_door_fails_the_run_and_the_host_is_as_before(guarded_host: GuardedHost, name: str) -> None:
    (fault,) = (one for one in FAULTS if one.name == name)
    host, lab = guarded_host.target.host.name, hosts_status()
    judge = Judge(lab, lab.host(host))
    room = hardening("lab", None, stop=threading.Event(), on_task=lambda _: None, on_step=lambda _: None)
    injected: list[float] = []
    play = FaultyPlay(Trial(HostRole.KUBERNETES_NODE, fault, goes_on_s=60, delay_s=0), injected.append)
    step = HardenHost(host, f"lockout-{TRIED.index(name)}", (), (), drains=False)
    with pytest.raises(NdcopsError, match="it is as it was before"):
        step.apply(world_of(room, play), lambda _: None)
    assert judge.gets_in()
    assert judge.differing() == []
    assert time.monotonic() - injected[0] < BACK_WITHIN_S
