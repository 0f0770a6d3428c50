"""What to buy for the waves, by site and quarter, so that a lost node or site never leaves work without room."""

from ndcops.capacity.plan.buy.explanation import Binding
from ndcops.capacity.plan.buy.problem import (
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
from ndcops.capacity.plan.buy.purchase import Line, PurchasePlan, solve

__all__ = [
    "Binding",
    "Demand",
    "FreeSite",
    "Installed",
    "Line",
    "NodeKind",
    "PowerKind",
    "PurchasePlan",
    "PurchaseProblem",
    "Shape",
    "StorageDemand",
    "StorageKind",
    "solve",
]
