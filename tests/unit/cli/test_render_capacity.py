"""What people and pipelines see of capacity: tables with units, and JSON with what the answers derive."""

import json
from dataclasses import dataclass, replace

import pytest

from ndcops.capacity.plan.buy import PurchasePlan
from ndcops.capacity.plan.fit.verdict import Eviction, Preemption
from ndcops.capacity.plan.forecast import Outlook
from ndcops.capacity.plan.losses import FeedLoss, RackLoss
from ndcops.capacity.plan.placing import Placement
from ndcops.capacity.plan.questions import FitAnswer
from ndcops.cli import render
from ndcops.cli.render import console
from ndcops.cli.render.cells import sparkline
from tests.unit.reports.sample_capacity import placement, purchase, room, survivals, told, unknown

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.out, "_width", 200)


def shown(capture: Capture) -> str:
    """What was printed, without the breaks that a table makes."""
    return capture.readouterr().out


@dataclass(frozen=True)
class Pod:
    """One pod asked twice."""

    name: str
    ours: str
    real: str

    @property
    def agrees(self) -> bool:
        return self.ours == self.real


@dataclass(frozen=True)
class Replay:
    """One site's replay."""

    site: str
    compared: tuple[Pod, ...]


def test_rooms_have_units(capsys: Capture) -> None:
    render.show_rooms((room("ndc1", 0.97), room("[ndc2]")), as_json=False)
    out = shown(capsys)

    for text in (
        "ndc1: 8 nodes",
        "[ndc2]: 8 nodes",
        "497 cores",
        "8, 1 cordoned",
        "97%",
        "fullest of 4 racks",
        "hall-a-r004",
        "-20 GiB",
        "1.5 MW",
        "not enough",
        "ministry-of-land",
        "12.5 cores",
    ):
        assert text in out
    assert "ephemeral-storage" not in out


def test_a_room_without_anything_is_no_error(capsys: Capture) -> None:
    bare = replace(room("ndc1"), pools=(), racks=(), tiers=(), agencies=(), power=())
    render.show_rooms((bare,), as_json=False)

    assert "ndc1: 8 nodes" in shown(capsys)


def test_rooms_as_json_have_shares_and_what_is_free(capsys: Capture) -> None:
    render.show_rooms((room("ndc1"),), as_json=True)
    site = json.loads(shown(capsys))["sites"][0]

    assert site["site"] == "ndc1"
    assert site["total"]["amounts"][0] == {
        "resource": "cpu",
        "allocatable": 512_000,
        "requested": 307_200,
        "largest_free": 30_000,
        "stranded": 1_000,
        "free": 204_800,
        "share": 0.6,
    }
    assert site["tiers"][1]["free_bytes"] < 0
    assert site["power"][0]["share"] == 0.75


def test_losses_say_what_lacks_and_who_finds_no_room(capsys: Capture) -> None:
    racks = (RackLoss("ndc1", "r1", 2, 20, 0), RackLoss("ndc1", "r2", 2, 20, 7, "Insufficient memory"))
    render.show_survivals(survivals(), racks, (), as_json=False)
    out = shown(capsys)

    for text in (
        "does not fit",
        "1/3",
        "NDC2: not enough CPU, 2 pods without a place, 8 cores missing",
        "tier fast needs 200 GiB, has 100 GiB",
        "land-register",
        "8 Insufficient cpu",
        "has no pool 'tape'",
        "1 of 2 racks can be lost",
        "7 of 20",
    ):
        assert text in out
    assert "civil-status" not in out
    assert out.index("not enough CPU") < out.index("too many pods")


def test_long_lists_are_cut_and_say_so(capsys: Capture) -> None:
    lost = replace(survivals()[0], fates=survivals()[0].fates * 20)
    racks = [RackLoss("ndc1", f"r{number}", 1, 9, 1, "Too many pods") for number in range(25)]
    render.show_survivals((lost,), racks, (), as_json=False)
    out = shown(capsys)

    assert "and 20 more systems; --json has all" in out
    assert "and 5 more racks" in out


def test_losses_as_json_have_verdicts(capsys: Capture) -> None:
    render.show_survivals(survivals(), (RackLoss("ndc1", "r1", 2, 20, 3),), (), as_json=True)
    found = json.loads(shown(capsys))

    assert [each["survives"] for each in found["lost_sites"]] == [False, True]
    assert found["lost_sites"][0]["limiting"]["amount"] == 8_000
    assert found["lost_sites"][0]["fates"][0]["grade"] == "A"
    assert found["lost_racks"][0]["survives"] is False


def test_a_lost_feed_says_what_goes_dark(capsys: Capture) -> None:
    short = FeedLoss("ndc1", "hall-a", 3_000_000, 2_000_000, ("a-r001", "a-r002"), 20, 7, "Insufficient cpu")
    render.show_survivals((), (), (FeedLoss("ndc1", "ndc1", 5, 9), short), as_json=False)
    out = shown(capsys)

    for text in ("1 of 2 sites and halls go on", "ndc1 hall-a", "3 MW", "2 MW", "7 of 20", "Insufficient cpu"):
        assert text in out

    render.show_survivals((), (), (short,), as_json=True)
    found = json.loads(shown(capsys))["lost_feeds"][0]
    assert (found["shortfall_w"], found["survives"]) == (1_000_000, False)


def fits() -> tuple[FitAnswer, ...]:
    preemption = Preemption("node-7", (Eviction("batch", {"app": "report"}, 300, 2),), 1)
    undecided = Placement("claimed", 1, 0, message="device claims are unknown", is_undecided=True)
    return (
        FitAnswer("ndc1", (placement(3),)),
        FitAnswer("ndc2", (placement(1),), preemption=preemption),
        FitAnswer("ndc3", (), "site 'ndc3' has no pool 'gpu'"),
        FitAnswer("ndc4", (undecided,)),
    )


def test_fits_say_where_why_not_and_what_evictions_would_change(capsys: Capture) -> None:
    render.show_fits(fits(), as_json=False)
    out = shown(capsys)

    for text in (
        "3/3",
        "members: 1/3 placed. 0/8 nodes are available: 8 Insufficient cpu.",
        "cannot be asked",
        "has no pool 'gpu'",
        "undecided",
        "one pod would fit on node-7 by evicting 2 of batch (app=report, priority 300)",
        "breaks 1 disruption budgets",
    ):
        assert text in " ".join(out.split())


def test_fits_as_json(capsys: Capture) -> None:
    render.show_fits(fits(), as_json=True)
    sites = json.loads(shown(capsys))["sites"]

    assert [each["fits"] for each in sites] == [True, False, False, False]
    assert sites[1]["preemption"]["evictions"][0]["count"] == 2


def test_forecasts_show_ranges_sparklines_and_backtests(capsys: Capture) -> None:
    render.show_forecasts((told(Outlook.LASTS, "memory"), told(Outlook.EXHAUSTS), unknown()), as_json=False)
    out = " ".join(shown(capsys).split())

    assert out.index("ndc1/cpu") < out.index("ndc2/gpu/nvidia.com/gpu") < out.index("ndc1/memory")
    for text in (
        "150 cores",
        "150 B",
        "64 GPU",
        "fills up",
        "▅",
        "█",
        "date error",
        "history too short, 30 samples",
    ):
        assert text in out


def test_forecasts_as_json_have_days_and_series(capsys: Capture) -> None:
    render.show_forecasts((told(Outlook.EXHAUSTS),), as_json=True)
    found = json.loads(shown(capsys))["forecasts"][0]

    assert found["outlook"] == "exhausts"
    assert found["expected"] == "2026-08-20"
    assert found["series"] == {"site": "ndc1", "resource": "cpu", "pool": ""}
    assert len(found["days"]) == len(found["high"]) == 365


def test_a_purchase_shows_orders_cost_bound_and_what_decides(capsys: Capture) -> None:
    render.show_purchase(purchase(), as_json=False)
    out = shown(capsys)

    for text in (
        "large",
        "1.05 billion VND",
        "400 million VND",
        "no plan is cheaper than 1.44 billion VND (gap 0.7%)",
        "with NDC2 lost",
        "with one storage unit lost",
        "All centres: budget 100%",
    ):
        assert text in out


def test_a_purchase_of_nothing_says_so(capsys: Capture) -> None:
    render.show_purchase(PurchasePlan((), 0, 0.0, 0.0, {"2026-Q1": 0}, ()), as_json=False)

    assert "nothing is to be bought" in shown(capsys)


def test_a_purchase_as_json(capsys: Capture) -> None:
    render.show_purchase(purchase(), as_json=True)
    found = json.loads(shown(capsys))["purchase"]

    assert (found["cost_vnd_millions"], found["gap"], len(found["lines"])) == (1_450, 0.0069, 2)


@pytest.mark.parametrize("as_json", [True, False])
def test_verification_counts_agreement_and_lists_differences(capsys: Capture, as_json: bool) -> None:
    replays = (
        Replay("ndc1", (Pod("a", "node-1", "node-1"), Pod("b-0", "fits", "0/3 nodes are available"))),
        Replay("ndc2", (Pod("c", "x", "x"),)),
    )
    render.show_verification(replays, as_json)
    out = shown(capsys)
    if as_json:
        assert [pod["agrees"] for pod in json.loads(out)["sites"][0]["compared"]] == [True, False]
    else:
        for text in ("differs", "1/2", "agrees", "1/1", "b-0", "0/3 nodes are available"):
            assert text in out
        assert "node-1" not in out


@pytest.mark.parametrize(
    ("values", "top", "expected"),
    [((), 1.0, ""), ((1.0,), 0.0, ""), ((0.0, 0.5, 1.0), 1.0, "▁▅█"), ((-1.0, 9.0), 1.0, "▁█")],
)
def test_sparklines(values: tuple[float, ...], top: float, expected: str) -> None:
    assert sparkline(values, top) == expected


def test_a_sparkline_is_never_wider_than_asked() -> None:
    assert len(sparkline(tuple(range(1, 400)), 400.0, width=24)) <= 24
