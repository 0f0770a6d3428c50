"""Seeded purchases: three sites, six waves of databases and services, four node SKUs, two storage SKUs."""

import numpy as np

from ndcops.capacity.plan.buy import (
    Demand,
    FreeSite,
    Installed,
    NodeKind,
    PowerKind,
    PurchaseProblem,
    Shape,
    StorageDemand,
    StorageKind,
)

WAVES = 6
SITES = ("ndc1", "ndc2", "ndc3")
QUARTERS = ("2027Q1", "2027Q2", "2027Q3", "2027Q4", "2028Q1", "2028Q2", "2028Q3", "2028Q4")
FIRST_WAVE = 2

NODES = (
    NodeKind("n-32", 31_000, 120_000, 0, 110, 450, 1, 310, pools=("general", "data")),
    NodeKind("n-64", 62_000, 500_000, 0, 110, 800, 1, 640, pools=("general", "data")),
    NodeKind("n-128", 126_000, 1_020_000, 0, 220, 1_400, 2, 1_190, 2, pools=("general", "data")),
    NodeKind("g-8", 94_000, 1_020_000, 8, 110, 5_600, 6, 9_800, 2, pools=("gpu",)),
)
STORAGE = (
    StorageKind("s-nvme", "nvme", 90_000, 1_200, 2, 2_400),
    StorageKind("s-hdd", "hdd", 700_000, 1_600, 4, 1_900),
)
POWER = (PowerKind("power-250", 250_000, 6_000, 2),)
SHAPES = (
    Shape("api", "general", 500, 1_024),
    Shape("worker", "general", 2_000, 6_144),
    Shape("java", "general", 4_000, 24_576),
    Shape("search", "general", 12_000, 98_304),
    Shape("db-s", "data", 4_000, 32_768),
    Shape("db-m", "data", 11_000, 98_304),
    Shape("db-l", "data", 23_000, 262_144),
    Shape("infer", "gpu", 6_000, 49_152, 1),
    Shape("train", "gpu", 40_000, 393_216, 4),
)
MEAN_PER_WAVE = {
    "api": 300,
    "worker": 90,
    "java": 45,
    "search": 6,
    "db-s": 24,
    "db-m": 12,
    "db-l": 4,
    "infer": 3,
    "train": 1,
}


def seeded_purchase(seed: int) -> PurchaseProblem:
    """One question; each wave adds to every site, two thirds of it with a standby in another."""
    chance = np.random.default_rng(seed)
    demand, stored = [], []
    scale = chance.uniform(0.6, 1.6)
    for site in SITES:
        others = [other for other in SITES if other != site]
        for shape, mean in MEAN_PER_WAVE.items():
            added = chance.poisson(mean * scale, WAVES).cumsum()
            for standby, share in ((others[0], 0.4), (others[1], 0.3), ("", 0.3)):
                counts = np.floor(added * share).astype(int)
                demand += _rows(site, shape, counts, standby)
        for tier, mean in (("nvme", 40_000), ("hdd", 150_000)):
            added = chance.poisson(mean * scale, WAVES).cumsum()
            stored += [
                StorageDemand(site, FIRST_WAVE + wave, tier, int(gib), others[0]) for wave, gib in enumerate(added)
            ]
    sites = tuple(FreeSite(site, int(chance.integers(350, 700)) * 1_000, 90, 42, 17_000) for site in SITES)
    installed = tuple(Installed(site, "n-64", int(chance.integers(0, 12)), "general") for site in SITES)
    return PurchaseProblem(
        QUARTERS, sites, NODES, SHAPES, tuple(demand), STORAGE, tuple(stored), POWER, installed,
    )  # fmt: skip


def _rows(
    site: str, shape: str, counts: "np.ndarray[tuple[int], np.dtype[np.int64]]", standby: str
) -> list[Demand]:
    return [
        Demand(site, FIRST_WAVE + wave, shape, int(count), standby) for wave, count in enumerate(counts) if count
    ]
