"""One fault in the middle of one host's hardening, and what is seen of the host from outside until it is back."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ndcops.hardening.run import Hardening
from ndcops.hardening.steps import HardenHost
from ndcops.model.errors import NdcopsError
from ndcops.wiring.lab_hosts import host_boot, host_kill
from tests.bench.lockout_controller import world_of
from tests.bench.lockout_faults import FaultyPlay, Killed, Trial, install
from tests.bench.lockout_judge import Judge
from tests.bench.sandbox import REPOSITORY, BenchFailed, Sandbox, end

BEGINS_WITHIN_S = 120.0
LOST_AFTER_S = 180.0
LETS_IN_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.5
_WELL = "the run ended well"


@dataclass(frozen=True)
class Struck:
    """What became of a host. restore_s: None when no restore was needed, or none was seen."""

    shut: bool
    lost: bool
    restore_s: float | None
    etc_identical: bool
    differing: tuple[str, ...]
    ended: str

    def entry(self) -> dict[str, Any]:
        """For the ledger."""
        return {**asdict(self), "differing": list(self.differing[:20])}


class Striker:
    """Breaks hosts of one lab; several threads may, each its own host."""

    def __init__(self, room: Hardening, sandbox: Sandbox, seed: int) -> None:
        self._room = room
        self._sandbox = sandbox
        self._seed = seed
        self._power = threading.Lock()

    def strike(self, host: str, judge: Judge, trial: Trial) -> Struck:
        """Harden, break, look, take back what stayed. Raises BenchFailed when the fault could not be made."""
        if trial.fault.needs:
            install(host, trial.fault.needs)
            judge.begin_anew()
        if not judge.is_as_before() or not judge.gets_in():
            raise BenchFailed(f"{host} is not sound before '{trial.name}'")
        cuts_power = trial.fault.killed in (Killed.HOST, Killed.BOTH)
        # The lab boots one host at a time: waiting for another's boot would count as time to restore.
        with self._power if cuts_power else nullcontext(), ThreadPoolExecutor(2) as pool:
            run = f"bench-{self._seed}-{trial.fault.group}-{trial.fault.name}".translate(_RUN_NAME)[:60]
            if trial.fault.killed in (Killed.CONTROLLER, Killed.BOTH):
                return self._strike_and_kill(pool, host, judge, trial, run)
            return self._strike(pool, host, judge, trial, run)

    def _strike(self, pool: ThreadPoolExecutor, host: str, judge: Judge, trial: Trial, run: str) -> Struck:
        injected: Future[float] = Future()
        step = HardenHost(host, run, (), (), drains=False)
        world = world_of(self._room, FaultyPlay(trial, injected.set_result))
        running = pool.submit(step.apply, world, lambda _: None)
        injected_at = _wait(injected, running)
        power = pool.submit(_cut_power, host, trial.delay_s) if trial.fault.killed is Killed.HOST else None
        shut = power is not None or not judge.gets_in()
        restore_s = _seen_back(judge, injected_at, running)
        if power is not None:
            power.result()
        try:
            running.result(timeout=2 * LOST_AFTER_S)
            ended = _WELL
            step.undo(world, lambda _: None)
            restore_s = None
        except NdcopsError as error:
            ended = "; ".join((error.message, *error.details))[:500]
        return self._struck(host, judge, shut=shut, restore_s=restore_s, ended=ended)

    def _strike_and_kill(
        self, pool: ThreadPoolExecutor, host: str, judge: Judge, trial: Trial, run: str
    ) -> Struck:
        marker = self._sandbox.root / f"injected-{host}"
        marker.unlink(missing_ok=True)
        controller = self._controller(host, run, trial, marker)
        try:
            injected_at = _wait_for(marker, controller)
            time.sleep(trial.delay_s)
            os.kill(controller.pid, signal.SIGKILL)
        finally:
            end(controller)
        power = pool.submit(_cut_power, host, 0.0) if trial.fault.killed is Killed.BOTH else None
        shut = power is not None or not judge.gets_in()
        restore_s = _seen_back(judge, injected_at, None)
        if power is not None:
            power.result()
        self._settle(host, run)
        ended = "the controller was killed"
        return self._struck(host, judge, shut=shut, restore_s=restore_s, ended=ended)

    def _controller(self, host: str, run: str, trial: Trial, marker: Path) -> "subprocess.Popen[str]":
        argv = [sys.executable, "-m", "tests.bench.lockout_controller", host, run, trial.name]
        with (self._sandbox.root / f"controller-{host}.said").open("w") as said:
            return subprocess.Popen(
                [*argv, str(self._seed), str(marker)],
                env=self._sandbox.environment(),
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                text=True,
                start_new_session=True,
            )

    def _settle(self, host: str, run: str) -> None:
        """Wait until the guard has done the slow rest too; a host that is lost is judged all the same."""
        deadline = time.monotonic() + LOST_AFTER_S
        while time.monotonic() < deadline:
            with suppress(NdcopsError):
                runs = self._room.hosts.runs(self._room.targets[host])
                if any(one.run == run and one.restored and not one.armed for one in runs):
                    return
            time.sleep(_LOOK_EVERY_S)

    def _struck(self, host: str, judge: Judge, *, shut: bool, restore_s: float | None, ended: str) -> Struck:
        differing = tuple(judge.differing())
        never_back = restore_s is None and ended != _WELL
        return Struck(
            shut=shut,
            lost=never_back or not judge.lets_in_within(LETS_IN_WITHIN_S),
            restore_s=restore_s,
            etc_identical=not differing,
            differing=differing,
            ended=ended,
        )


_RUN_NAME = str.maketrans(dict.fromkeys(" :,'", "-"))


def _wait(injected: "Future[float]", running: "Future[Any]") -> float:
    """When the fault was in. Raises what the step raised before, BenchFailed when it takes too long."""
    deadline = time.monotonic() + BEGINS_WITHIN_S
    while not injected.done():
        if running.done():
            running.result()
        if running.done() or time.monotonic() > deadline:
            raise BenchFailed("the step ended or hung before its play")
        time.sleep(0.05)
    return injected.result()


def _wait_for(marker: Path, controller: "subprocess.Popen[str]") -> float:
    deadline = time.monotonic() + BEGINS_WITHIN_S
    while not marker.exists():
        if controller.poll() is not None or time.monotonic() > deadline:
            raise BenchFailed(f"the controller ended or hung before its play ({controller.poll()})")
        time.sleep(0.05)
    return float(marker.read_text())


def _seen_back(judge: Judge, injected_at: float, running: "Future[Any] | None") -> float | None:
    """Seconds until the host was seen as before with an open door; None when it never was.

    running: the step; once it ended well, with an open door, there is nothing to wait for.
    """
    while time.monotonic() < injected_at + LOST_AFTER_S:
        if judge.is_as_before() and judge.gets_in():
            return round(time.monotonic() - injected_at, 1)
        if running is not None and running.done() and running.exception() is None:
            return None
        time.sleep(_LOOK_EVERY_S)
    return None


def _cut_power(host: str, delay_s: float) -> None:
    """Off and on again; a door that is found shut after the boot is what the guard is for."""
    time.sleep(delay_s)
    host_kill(host)
    with suppress(NdcopsError):
        host_boot(host)
