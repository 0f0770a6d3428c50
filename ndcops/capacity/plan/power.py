"""Watts of declared nodes against what feeds carry, of a site and its halls; `show` and the loss of a feed ask."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ndcops.model.site import Site


@dataclass(frozen=True)
class PowerUse:
    """Nameplate watts of declared nodes against what feeds carry; A and B of a doubled feed count once."""

    name: str
    drawn_w: int
    usable_w: int
    after_feed_loss_w: int

    @property
    def share(self) -> float:
        """Drawn as a share of usable."""
        return self.drawn_w / self.usable_w if self.usable_w else 0.0


def power_uses(site: Site) -> Iterator[PowerUse]:
    """The site as a whole, then its halls."""
    drawn: Counter[str] = Counter()
    for pool in site.pools:
        drawn[pool.hall] += pool.nodes * pool.node_power_w
    site_w = round(site.power.it_load_mw * 1e6)
    yield PowerUse(site.name, drawn.total(), site_w, site.power.after_feed_loss_w(site_w))
    for hall in site.halls:
        hall_w = round(hall.power_mw * 1e6)
        yield PowerUse(hall.name, drawn[hall.name], hall_w, site.power.after_feed_loss_w(hall_w))


def rack_draws_w(site: Site, hall: str | None = None) -> dict[str, int]:
    """Nameplate watts of each rack with declared nodes, of one hall or of the whole site."""
    drawn: Counter[str] = Counter()
    for pool in site.pools:
        if hall in (None, pool.hall):
            for index in range(pool.nodes):
                drawn[pool.rack_of(index)] += pool.node_power_w
    return dict(drawn)
