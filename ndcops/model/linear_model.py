"""The door to HiGHS: a linear model with whole-number columns, built row by row and solved without output."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ndcops.model.errors import NdcopsError

Floats = NDArray[np.float64]
INFINITY = float("inf")


class Outcome(StrEnum):
    """How a solve ended: with a solution (proven or the best in time), without any in time, or impossible."""

    SOLVED = "solved"
    NO_TIME = "no-time"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True)
class Answer:
    """Values of columns, cost, its proven lower bound, and prices of rows (only when no column is whole)."""

    outcome: Outcome
    values: Floats
    cost: float
    bound: float
    row_prices: Floats


@dataclass
class Model:
    """Columns with cost and limits, rows with limits; the aim is the least cost."""

    costs: list[float] = field(default_factory=list)
    limits: list[tuple[float, float]] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[float, float]] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    indices: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)

    def column(self, cost: float, *, low: float = 0.0, high: float = INFINITY, whole: bool = False) -> int:
        """A new column's index."""
        self.costs.append(cost)
        self.limits.append((low, high))
        self.whole.append(whole)
        return len(self.costs) - 1

    def row(self, terms: Mapping[int, float], *, low: float = -INFINITY, high: float = INFINITY) -> int:
        """A new row's index: low <= sum of factor times column <= high."""
        self.rows.append((low, high))
        self.indices += terms.keys()
        self.factors += terms.values()
        self.starts.append(len(self.indices))
        return len(self.rows) - 1

    def solve(self, *, time_limit_s: float, gap: float = 0.0, node_limit: int | None = None) -> Answer:
        """The least cost, proven to the gap unless time or nodes end first. Raises NdcopsError when HiGHS fails.

        node_limit: of branch and bound; unlike time it ends every machine's search at the same answer.
        """
        # Loaded only here: commands that solve nothing start without it.
        import highspy

        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("time_limit", max(time_limit_s, 0.01))
        solver.setOptionValue("mip_rel_gap", gap)
        solver.setOptionValue("mip_abs_gap", 1e-6)
        if node_limit is not None:
            solver.setOptionValue("mip_max_nodes", node_limit)
        solver.passModel(self._as_lp(highspy))
        solver.run()
        return self._answer(highspy, solver)

    def _as_lp(self, highspy: Any) -> Any:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.costs), len(self.rows)
        lp.col_cost_ = np.array(self.costs)
        lp.col_lower_, lp.col_upper_ = np.array(self.limits, dtype=np.float64).reshape(-1, 2).T.copy()
        lp.row_lower_, lp.row_upper_ = np.array(self.rows, dtype=np.float64).reshape(-1, 2).T.copy()
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(self.starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(self.indices, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(self.factors, dtype=np.float64)
        if any(self.whole):
            kinds = highspy.HighsVarType
            lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in self.whole]
        return lp

    def _answer(self, highspy: Any, solver: Any) -> Answer:
        status, info = solver.getModelStatus(), solver.getInfo()
        statuses = highspy.HighsModelStatus
        nothing = np.zeros(0)
        # No model here is unbounded, so the status that both share can only mean impossible.
        if status in (statuses.kInfeasible, statuses.kUnboundedOrInfeasible):
            return Answer(Outcome.IMPOSSIBLE, nothing, INFINITY, INFINITY, nothing)
        whole = any(self.whole)
        solution = solver.getSolution()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            if status not in (statuses.kTimeLimit, statuses.kSolutionLimit):
                raise NdcopsError(f"HiGHS ended with '{solver.modelStatusToString(status)}'")
            return Answer(Outcome.NO_TIME, nothing, INFINITY, info.mip_dual_bound if whole else -INFINITY, nothing)
        cost = info.objective_function_value
        values = np.array(solution.col_value)
        return Answer(
            Outcome.SOLVED,
            np.where(self.whole, np.round(values), values),
            cost,
            info.mip_dual_bound if whole else cost,
            nothing if whole else np.array(solution.row_dual),
        )
