"""The simulated country as a server: operators are real processes that a test kills with SIGKILL at a chosen call.

The outside lives on in this process, as real systems do; time passes with each call, so that nothing has to be
waited for. A killed process's lease runs out as it would.
"""

import os
import pickle
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ndcops.failover.run.room import Failover
from ndcops.failover.steps import Limits
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import Hold
from ndcops.model.service import Service
from tests.fakes.coordination_state import CoordinationState
from tests.simulation.coordination import SimulatedCoordination
from tests.simulation.country import Country
from tests.simulation.kernel import Kernel, Operator
from tests.simulation.rooms import DRIVERS, simulated_ports, surroundings
from tests.simulation.sites import SITES

LIMITS = Limits(poll_s=0.5, pods_s=120, database_s=180, volumes_s=180, names_s=60, fence_s=60, probe_s=60)


class PassingKernel(Kernel):
    """Time passes with each call; there is one caller at a time."""

    def step_in(self, operator: Operator, seconds: float) -> None:
        operator.calls += 1
        self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        """Let all that is due happen."""
        self.run_events(self.now + seconds)


@dataclass(frozen=True)
class Ended:
    """How a process ended. calls: that it made. wall_s: real seconds. problem: of its last word, empty if good."""

    killed: bool
    calls: int
    wall_s: float
    problem: str = ""
    said: str = ""


class ProcessWorld:
    """One country, and operators' processes that come and go."""

    def __init__(self, seed: int, services: tuple[Service, ...]) -> None:
        self.kernel = PassingKernel(seed)
        self.services = services
        self.country = Country(self.kernel, services, SITES)
        self.state = CoordinationState()
        self.kernel.pass_time(12.0)

    def run(self, site: str, work: Callable[[Failover], str], *, kill_at: tuple[int, str] | None = None) -> Ended:
        """Fork a process on a host of `site`. kill_at: (number of the call, "before" or "after" its effect)."""
        operator = Operator(f"operator at {site}", site)
        ours, theirs = socket.socketpair()
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            ours.close()
            _be_operator(theirs, self.services, work)
        theirs.close()
        try:
            ended = self._serve(ours, operator, pid, kill_at)
        finally:
            operator.finished = operator.killed = True
            ours.close()
            os.waitpid(pid, 0)
        return Ended(ended.killed, ended.calls, time.monotonic() - began, ended.problem, ended.said)

    def room(self, site: str, **changes: Any) -> Failover:
        """The room in this very process, on a host of `site`; `changes` replace parts of its surroundings."""
        ports = self._ports(Operator(f"operator at {site}", site))
        given = surroundings(self.services, ports, LIMITS)
        return Failover(replace(given, **changes))

    def _serve(
        self, channel: socket.socket, operator: Operator, pid: int, kill_at: tuple[int, str] | None
    ) -> Ended:
        ports = self._ports(operator)
        calls = 0
        while True:
            request = _receive(channel)
            if request is None:
                return Ended(True, calls, 0.0, "the process ended without a word")
            if request[0] == "end":
                return Ended(False, calls, 0.0, request[1], request[2])
            calls += 1
            if kill_at == (calls, "before"):
                os.kill(pid, signal.SIGKILL)
                return Ended(True, calls, 0.0)
            answer = _answer(ports, request)
            if kill_at == (calls, "after"):
                os.kill(pid, signal.SIGKILL)
                return Ended(True, calls, 0.0)
            _send(channel, answer)

    def _ports(self, operator: Operator) -> dict[str, Any]:
        ports = simulated_ports(self.country, self.state, operator)
        return {**ports, "journal": _JournalCalls(ports["coordination"])}


class _JournalCalls:
    """Journals are opened anew for each call: the process that opened one may be gone."""

    def __init__(self, coordination: SimulatedCoordination) -> None:
        self._coordination = coordination

    def append(self, run: str, hold: Hold | None, kind: str, body: dict[str, Any]) -> Any:
        return self._coordination.journal(run, hold).append(kind, body)

    def records(self, run: str, hold: Hold | None) -> Any:
        return self._coordination.journal(run, hold).records()


def _answer(ports: dict[str, Any], request: tuple[str, str, tuple[Any, ...], dict[str, Any]]) -> tuple[str, Any]:
    port, method, args, kwargs = request
    try:
        return "result", getattr(ports[port], method)(*args, **kwargs)
    except NdcopsError as error:
        return "error", (type(error), error.message, error.details, error.resolution)


class _Proxy:
    """A port in the operator's process: every method is a call to the world."""

    def __init__(self, channel: socket.socket, guard: threading.Lock, port: str) -> None:
        self._channel, self._guard, self._port = channel, guard, port

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._guard:
                _send(self._channel, (self._port, method, args, kwargs))
                kind, value = _receive(self._channel)
            if kind == "error":
                error, message, details, resolution = value
                raise error(message, details=details, resolution=resolution)
            return value

        return call


class _CoordinationProxy(_Proxy):
    def __init__(self, channel: socket.socket, guard: threading.Lock) -> None:
        super().__init__(channel, guard, "coordination")
        self._journals = _Proxy(channel, guard, "journal")

    def journal(self, run: str, hold: Hold | None) -> "_JournalProxy":
        return _JournalProxy(self._journals, run, hold)


class _JournalProxy:
    """One call a record: each is a point where a process can be killed."""

    def __init__(self, calls: _Proxy, run: str, hold: Hold | None) -> None:
        self._calls, self._run, self._hold = calls, run, hold

    def append(self, kind: str, body: dict[str, Any]) -> Any:
        return self._calls.append(self._run, self._hold, kind, body)

    def append_all(self, entries: Sequence[tuple[str, dict[str, Any]]]) -> tuple[Any, ...]:
        return tuple(self.append(kind, body) for kind, body in entries)

    def records(self) -> Any:
        return self._calls.records(self._run, self._hold)


def _be_operator(channel: socket.socket, services: tuple[Service, ...], work: Callable[[Failover], str]) -> None:
    """The forked process: never returns."""
    said, problem = "", ""
    try:
        guard = threading.Lock()
        names = (*DRIVERS, "reach", "capacity", "clock")
        proxies: dict[str, Any] = {port: _Proxy(channel, guard, port) for port in names}
        proxies["coordination"] = _CoordinationProxy(channel, guard)
        given = surroundings(services, proxies, LIMITS)
        said = work(Failover(given))
    except NdcopsError as error:
        problem = "; ".join((error.message, *error.details))
    except BaseException as error:
        problem = repr(error)
    finally:
        _send(channel, ("end", problem, said))
        os._exit(0)


def _send(channel: socket.socket, value: object) -> None:
    data = pickle.dumps(value)
    channel.sendall(struct.pack("!I", len(data)) + data)


def _receive(channel: socket.socket) -> Any:
    """The next value; None when the other side is gone."""
    try:
        head = _exactly(channel, 4)
        return None if head is None else pickle.loads(_exactly(channel, struct.unpack("!I", head)[0]) or b"N.")
    except ConnectionError:
        return None


def _exactly(channel: socket.socket, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        part = channel.recv(count - len(data))
        if not part:
            return None
        data += part
    return data
