"""One seeded run: services, an order, faults, operators that die and others that take over; then the verdict."""

from collections.abc import Callable

from ndcops.failover.plan.order import AcceptedRisk, Order
from ndcops.failover.run.past import CLOSED
from ndcops.failover.run.room import Failover
from ndcops.failover.steps import Limits
from ndcops.model.errors import NdcopsError
from ndcops.model.record import find_break
from ndcops.model.service import Service
from tests.fakes.coordination_state import CoordinationState
from tests.simulation.country import Country, entry_of
from tests.simulation.kernel import Kernel, Operator
from tests.simulation.outcome import Outcome, older_than_stated
from tests.simulation.rooms import simulated_ports, surroundings
from tests.simulation.sample_services import Data, places, service
from tests.simulation.sites import SITES
from tests.simulation.stores import PatroniStore

_KINDS: tuple[Data, ...] = ("none", "volume", "patroni", "cloudnativepg", "both")
_LONGEST_S = 4000.0
_LIMITS = Limits(poll_s=0.5, pods_s=60, database_s=90, volumes_s=90, names_s=20, fence_s=20, probe_s=30)


class Scenario:
    """Builds the country and its faults from a seed, and plays it."""

    def __init__(self, seed: int) -> None:
        self.kernel = Kernel(seed)
        self.random = self.kernel.random
        self.services = self._services()
        self.country = Country(self.kernel, self.services, SITES)
        self.state = CoordinationState()
        self.outcome = Outcome(seed, "")
        self.lost_sites: set[str] = set()
        self.died: dict[str, float] = {}
        self.sync_at_death: dict[str, bool] = {}
        self.accepted_loss: set[str] = set()
        self.faults_end = 120.0
        self.freeze_at = self.kill_at = -1
        self.tries = 0
        self.attempts: dict[str, int] = {}
        self.kernel.on_call = self._on_call

    def play(self) -> Outcome:
        """Faults first, then healing until everything has settled."""
        kernel = self.kernel
        kernel.run(12.0, lambda: False)
        first = self._choose_order()
        self._schedule_faults()
        self.goal = first
        self._begin(first, self.random.choice([site for site in SITES if site not in self.lost_sites]))
        kernel.every(4.0, self._staff)
        kernel.after(self.faults_end - kernel.now, self._heal)
        try:
            kernel.run(_LONGEST_S, self._settled)
            kernel.run(kernel.now + 45.0, lambda: False)
            self._judge()
        finally:
            kernel.stop()
        return self.outcome

    def _services(self) -> tuple[Service, ...]:
        chosen: list[Service] = []
        for index in range(self.random.randint(1, 3)):
            home, standby = places(SITES, self.random.randrange(3), self.random.randrange(2))
            needs = tuple(s.id for s in chosen if self.random.random() < 0.5)
            chosen.append(service(f"s{index}", self.random.choice(_KINDS), home, standby, needs))
        return tuple(chosen)

    def _living(self) -> list[str]:
        return [site for site in SITES if site in self.country.network.alive]

    def _choose_order(self) -> Callable[[Failover], str]:
        kind = self.random.choice(("switch", "switch", "evacuate", "lost", "isolated", "failback"))
        self.outcome.kind = kind
        site = self.random.choice(self.services).home
        if kind == "switch":
            return self._move(Order(kind="switch", accepted=self._accepted()))
        if kind in ("lost", "isolated"):
            self.kernel.after(0.5, lambda: self._lose(site, dies=kind == "lost"))
            self.kernel.run(self.kernel.now + 1.0, lambda: False)
            return self._move(Order(kind="evacuate", site=site, lost=True, accepted=self._accepted()))
        if kind == "failback":
            return self._there_and_back()
        return self._move(Order(kind="evacuate", site=site, accepted=self._accepted()))

    def _accepted(self) -> tuple[AcceptedRisk, ...]:
        risks = [f"{risk}:{s.id}" for s in self.services for risk in ("rpo", "rto", "lag-unknown")]
        if self.random.random() < 0.3:
            risks += [f"no-sync-standby:{s.id}" for s in self.services]
            self.accepted_loss |= {s.id for s in self.services}
        return tuple(AcceptedRisk(name=name, reason="simulated") for name in risks)

    def _lose(self, site: str, *, dies: bool) -> None:
        if site not in self.country.network.alive or self.lost_sites - {site}:
            return  # one centre at a time: two lost of three leave no majority, and nothing may move
        self.lost_sites.add(site)
        self.died[site] = self.kernel.now
        for name, store in self.country.patroni.items():
            self.sync_at_death[name] = bool(store.sync)
        if dies:
            self.country.kill(site)
            return
        others = [other for other in SITES if other != site]
        self.country.network.cut |= {(site, other) for other in others} | {(other, site) for other in others}

    def _move(self, order: Order) -> Callable[[Failover], str]:
        def work(room: Failover) -> str:
            room.execute(room.propose(order))
            return "done"

        return work

    def _there_and_back(self) -> Callable[[Failover], str]:
        order = Order(kind="switch", accepted=self._accepted())
        back = Order(kind="failback", accepted=self._accepted())

        def work(room: Failover) -> str:
            room.execute(room.propose(order))
            room.execute(room.propose(back))
            return "done"

        return work

    def _begin(self, work: Callable[[Failover], str], site: str) -> Operator:
        skew_s = self.random.uniform(-4, 4) if self.random.random() < 0.9 else self.random.choice((-30.0, 30.0))
        operator = Operator(f"op{len(self.kernel.operators)}", site, skew_s=skew_s)
        ports = simulated_ports(self.country, self.state, operator)
        room = Failover(surroundings(self.services, ports, _LIMITS))

        def guarded() -> str:
            try:
                return work(room)
            except NdcopsError as error:
                return f"{type(error).__name__}: {error.message}; {'; '.join(error.details)}"

        self.kernel.start(operator, guarded)
        return operator

    def _schedule_faults(self) -> None:
        network, rng = self.country.network, self.random
        network.lost_share = rng.choice((0.0, 0.0, 0.02, 0.1))
        network.busy_share = rng.choice((0.0, 0.0, 0.03))
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            one, other = rng.sample(SITES, 2)
            pairs = {(one, other)} if rng.random() < 0.4 else {(one, other), (other, one)}
            begins, lasts = rng.uniform(0, 80), rng.uniform(3, 60)
            self.kernel.after(begins, lambda pairs=pairs: network.cut.update(pairs))  # type: ignore[misc]
            self.kernel.after(begins + lasts, lambda pairs=pairs: self._mend(pairs))  # type: ignore[misc]
        if rng.random() < 0.4:
            self.freeze_at = rng.randint(1, 150)
        if rng.random() < 0.4:
            self.kill_at = rng.randint(1, 150)
        if rng.random() < 0.15:
            victim = rng.choice(SITES)
            self.kernel.after(rng.uniform(0, 60), lambda: self._lose(victim, dies=True))

    def _mend(self, pairs: set[tuple[str, str]]) -> None:
        isolated = self.lost_sites & self.country.network.alive
        self.country.network.cut -= {pair for pair in pairs if not isolated & set(pair)}

    def _on_call(self, operator: Operator) -> None:
        if operator.site not in self.country.network.alive:
            operator.killed = True  # its host has no power
        if operator is not self.kernel.operators[0]:
            return
        if operator.calls == self.freeze_at:
            self.freeze_at = -1
            operator.frozen_until = self.kernel.now + self.random.uniform(5, 90)
        if operator.calls == self.kill_at:
            self.kill_at = -1
            operator.killed = True

    def _heal(self) -> None:
        """Links come back, then lost sites; what is left over is finished by operators in a quiet country."""
        network = self.country.network
        network.lost_share = network.busy_share = 0.0
        network.cut.clear()
        for site in sorted(self.lost_sites):
            self.country.revive(site)
        self.lost_sites.clear()

    def _staff(self) -> None:
        """People notice a stuck run and start another operator; now and then two at once."""
        now = self.kernel.now
        busy = [o for o in self.kernel.operators if not o.finished and not o.killed and o.frozen_until <= now]
        if busy and self.random.random() > 0.02:
            return
        work = self._next_work()
        if work is not None and self._living():
            self.tries += 1
            site = self.random.choice(self._living())
            self._begin(work, site)

    def _open_runs(self) -> list[str]:
        runs = self.state.runs
        return [
            run
            for run, records in runs.items()
            if records[-1].kind != "run/ended" or records[-1].body["result"] not in CLOSED
        ]

    def _next_work(self) -> Callable[[Failover], str] | None:
        open_runs = self._open_runs()
        healed = self.kernel.now > self.faults_end
        if not self.state.runs and not healed:
            return self.goal  # it was refused or died before it touched anything
        if not open_runs:
            return self._rejoin_work() if healed and self._leftovers() else None
        run = self.random.choice(open_runs)
        if self.lost_sites and not healed and self.random.random() < 0.3:
            site = sorted(self.lost_sites)[0]
            taken = tuple(AcceptedRisk(name=f"open-run:{run}", reason="superseded") for run in open_runs)
            order = Order(kind="evacuate", site=site, lost=True, accepted=(*self._accepted(), *taken))
            return self._move(order)
        self.attempts[run] = self.attempts.get(run, 0) + 1
        if healed and self.attempts[run] > 6:
            # It goes neither forwards nor back, as when Patroni moved a leader: a new order replaces it.
            risks = [*(f"open-run:{run}" for run in open_runs), *(f"left-half-way:{s.id}" for s in self.services)]
            taken = tuple(AcceptedRisk(name=name, reason="superseded") for name in risks)
            if self.random.random() < 0.5:
                return self._rejoin_work(taken)
            return self._move(Order(kind="switch", accepted=(*self._accepted(), *taken)))
        if self.random.random() < 0.3:
            return lambda room: str(room.abort(run))
        return lambda room: str(room.resume(run))

    def _rejoin_work(self, taken: tuple[AcceptedRisk, ...] = ()) -> Callable[[Failover], str]:
        def work(room: Failover) -> str:
            half = tuple(AcceptedRisk(name=f"half-promoted:{s.id}", reason="simulated") for s in self.services)
            for site in SITES:
                if proposal := room.propose_rejoin(Order(kind="failback", site=site, accepted=(*taken, *half))):
                    room.execute(proposal)
            split = tuple(one.id for one in self.services if self._is_split(one))
            if split:
                room.execute(room.propose(Order(kind="switch", services=split, accepted=self._accepted())))
            return "rejoined"

        return work

    def _is_split(self, one: Service) -> bool:
        """Whether the service's data and its names are at different sites."""
        sites = {self.country.primary_of(store) for other, store in self.country.stores if other.id == one.id}
        led = {self.country.records[server, one.dns_names[0]].addresses for server in SITES}
        return led != {(entry_of(site),) for site in sites} and bool(sites)

    def _leftovers(self) -> list[str]:
        """What is not as a settled country is: each store writable on one side, where all names lead."""
        left = []
        for one, store in self.country.stores:
            primary = self.country.primary_of(store)
            if not primary:
                left.append(f"{store.name} ({type(store).__name__}) is writable nowhere")
                continue
            for server in SITES:
                record = self.country.records[server, one.dns_names[0]]
                if record.addresses != (entry_of(primary),):
                    left.append(f"{one.id}: {server} leads to {record.addresses}, its data is at {primary}")
        fenced = [f"{victim} fenced" for (_, victim), held in self.country.fences.standing.items() if held[0]]
        return [*left, *fenced]

    def _settled(self) -> bool:
        quiet = all(o.finished for o in self.kernel.operators)
        done = self.kernel.now > self.faults_end + 5 and quiet and not self._open_runs()
        return done and (not self._leftovers() or self.tries > 60)

    def _judge(self) -> None:
        outcome, country = self.outcome, self.country
        outcome.violations = country.judge.violations
        outcome.endings = [f"{o.name}@{o.site}: {o.ending or 'unfinished'}" for o in self.kernel.operators]
        outcome.calls = sum(o.calls for o in self.kernel.operators)
        outcome.simulated_s = self.kernel.now
        outcome.left = [*self._leftovers(), *self._open_runs()]
        outcome.converged = not outcome.left
        outcome.broken_chains = sum(find_break(records) is not None for records in self.state.runs.values())
        outcome.acknowledged = sum(len(writes) for writes in country.judge.acknowledged.values())
        for records in self.state.runs.values():
            plan, last = records[0].body["plan"]["title"].split()[1], records[-1].body.get("result", "unended")
            outcome.runs[f"{plan}: {last}"] = outcome.runs.get(f"{plan}: {last}", 0) + 1
        lost = country.lost()
        for one, store in country.stores:
            key = f"{store.name}/{type(store).__name__}"
            if not country.primary_of(store):
                continue
            if not self.died:
                outcome.lost_planned += len(lost[key])
            elif isinstance(store, PatroniStore):
                safe = self.sync_at_death.get(store.name, True) and store.name not in self.accepted_loss
                outcome.over_rpo += len(lost[key]) if safe else 0
            else:
                outcome.over_rpo += older_than_stated(self.state, one.id, lost[key])


def run_seed(seed: int) -> Outcome:
    """Play one seed."""
    return Scenario(seed).play()
