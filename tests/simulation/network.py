"""Links between sites, which can be cut one way or both; sites that die; replies that get lost."""

from collections.abc import Callable
from typing import TypeVar

from ndcops.model.failover import Unreachable
from tests.simulation.kernel import Kernel, Operator

Result = TypeVar("Result")


class Network:
    """alive: sites with power. cut: directed pairs that carry nothing. lost_share: of replies, at random."""

    def __init__(self, kernel: Kernel, sites: tuple[str, ...]) -> None:
        self.kernel = kernel
        self.sites = sites
        self.alive = set(sites)
        self.cut: set[tuple[str, str]] = set()
        self.lost_share = 0.0
        self.busy_share = 0.0

    def goes(self, source: str, target: str) -> bool:
        """Whether a packet arrives."""
        return source == target or (source, target) not in self.cut

    def linked(self, one: str, other: str) -> bool:
        """Whether both live and reach each other both ways."""
        both = {one, other} <= self.alive
        return both and self.goes(one, other) and self.goes(other, one)

    def majority(self, site: str) -> bool:
        """Whether a host of that site reaches most of the sites, itself counted when it lives."""
        return 2 * sum(self.linked(site, other) for other in self.sites) > len(self.sites)

    def call(self, operator: Operator, site: str, effect: Callable[[], Result]) -> Result:
        """An outside call to a site: latency first, then the effect, then the reply."""
        self.kernel.step_in(operator, 0.002 + 0.02 * self.kernel.random.random())
        if site not in self.alive or not self.goes(operator.site, site):
            raise Unreachable(f"{site} does not answer")
        if self.kernel.random.random() < self.busy_share:
            raise Unreachable(f"{site} is busy")
        result = effect()
        return self._reply(operator, site, self.goes(site, operator.site), result)

    def call_majority(self, operator: Operator, effect: Callable[[], Result]) -> Result:
        """A call to a store that has a member a site."""
        self.kernel.step_in(operator, 0.002 + 0.01 * self.kernel.random.random())
        to = [s for s in self.sites if s in self.alive and self.goes(operator.site, s)]
        back = [s for s in to if self.goes(s, operator.site)]
        if 2 * len(to) <= len(self.sites) or not self._members_agree(to):
            raise Unreachable("no majority of the coordination members answers")
        result = effect()
        return self._reply(operator, "coordination", 2 * len(back) > len(self.sites), result)

    def _members_agree(self, members: list[str]) -> bool:
        """Whether some member that was reached has a majority behind it."""
        return any(self.majority(member) for member in members)

    def _reply(self, operator: Operator, what: str, arrives: bool, result: Result) -> Result:
        lost = self.kernel.random.random() < self.lost_share
        if operator.killed or lost or not arrives:
            raise Unreachable(f"{what}: no reply")
        return result
