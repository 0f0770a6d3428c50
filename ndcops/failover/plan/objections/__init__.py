"""Everything that stands against a move; all reasons at once, each with the name by which it may be accepted."""

from ndcops.failover.plan.objections.coordination import coordination_objections
from ndcops.failover.plan.objections.data import data_objections
from ndcops.failover.plan.objections.fencing import fencing_objections
from ndcops.failover.plan.objections.names import name_objections
from ndcops.failover.plan.objections.places import place_objections

__all__ = [
    "coordination_objections",
    "data_objections",
    "fencing_objections",
    "name_objections",
    "place_objections",
]
