"""How fast and how right forecasts of exhaustion are, on seeded histories whose future is known."""

import time

import numpy as np

from ndcops.capacity.plan.forecast import Forecast, forecast
from ndcops.capacity.plan.forecast.history import EPOCH, Days, Floats
from tests.bench.forecast_oracle import oracle_days
from tests.bench.result import Measured
from tests.bench.sandbox import Sandbox
from tests.bench.seeded_usage import KINDS, SeededUsage, seeded_usage
from tests.bench.timing import Clock

TARGETS = {"forecast_s": 30, "median_date_error_days": 7, "coverage_80_off_points": 4}
ROUNDS = 1
SERIES = 3_600
DAYS = 730
HORIZON_DAYS = 365

NOTES = (
    "capacity is the true level of a day 60 to 120 days after the last one seen; it is passed when demand "
    "without week and noise passes it; dates beyond the horizon count as its end",
    "the generator is not the model's: linear, fading, compound, drifting growth and changes of pace, some "
    "after the last day seen; autocorrelated heavy-tailed noise, outliers, incidents; waves that come late and "
    "10% larger or smaller than planned",
    "coverage_80_off_points: distance of the 80% interval's coverage from 80, in percentage points",
    "oracle_date_error_days: the error of a fit that is told the true shape of growth, every change of pace and "
    "the day of each past wave, and only measures height and pace in the noise: no honest forecast does better",
    "mase: of the backtest, 14 days ahead, median of all series",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """One batch of all series a round."""
    times, spent, errors, covered, scaled, least = [], [], [], [], [], []
    kinds: list[str] = []
    for number in clock.rounds("batch"):
        usage = seeded_usage(SERIES, DAYS, 100 * clock.seed + number)
        began, spent_before = time.perf_counter(), time.process_time()
        told = forecast(usage.history, usage.capacity, usage.waves, HORIZON_DAYS, clock.seed)
        times.append(time.perf_counter() - began)
        spent.append(time.process_time() - spent_before)
        earliest, expected, latest = _days_ahead(told, usage)
        errors.append(np.abs(expected - usage.passed))
        covered.append((earliest <= usage.passed) & (usage.passed <= latest))
        scaled += [each.accuracy.mase for each in told if each.accuracy and each.accuracy.mase is not None]
        kinds += usage.kinds
        least.append(np.abs(oracle_days(usage, HORIZON_DAYS) - usage.passed))
    error, inside, oracle = np.concatenate(errors), np.concatenate(covered), np.concatenate(least)
    figures = {
        "forecast_s": round(max(times), 2),
        "forecast_cpu_s": round(max(spent), 2),
        "median_date_error_days": float(np.median(error)),
        "coverage_80": round(100 * float(inside.mean()), 1),
        "coverage_80_off_points": round(abs(100 * float(inside.mean()) - 80), 1),
        "oracle_date_error_days": float(np.median(oracle)),
        "mase": round(float(np.median(scaled)), 3),
    }
    samples = {"kinds": _by_kind(kinds, error, inside, oracle)}
    return Measured(figures, samples, NOTES, complete=len(times) >= clock.wanted)


def _days_ahead(told: tuple[Forecast, ...], usage: SeededUsage) -> Floats:
    """Earliest, expected and latest day as days after the last one seen, from 0: 3 × S."""
    first = int(usage.history.days[-1]) + 1
    dates = [(each.earliest, each.expected, each.latest) for each in told]
    found = [[(day - EPOCH).days - first if day else HORIZON_DAYS for day in row] for row in dates]
    return np.array(found, dtype=np.float64).T


def _by_kind(kinds: list[str], error: Days, inside: Floats, oracle: Days) -> dict[str, dict[str, float]]:
    """The same figures for each kind of growth."""
    of = np.array(kinds)
    return {
        kind: {
            "median_date_error_days": float(np.median(error[of == kind])),
            "coverage_80": round(100 * float(inside[of == kind].mean()), 1),
            "oracle_date_error_days": float(np.median(oracle[of == kind])),
        }
        for kind in KINDS
    }
