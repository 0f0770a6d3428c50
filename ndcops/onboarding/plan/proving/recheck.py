"""Whether a row that differed at the first look is different, or was only on its way: four looks a round.

A round: the target (T0), the source (S1) with its WAL position, then, once the stream has passed that position,
the target again (T2) and the source again (S3); with a reverse stream the sides change places. Proven by them:

- same: S1 or S3 is like T2, or S1 like T0: at one moment both sides agreed.
- different, by the upstream: its rows were not touched from S1 to S3, and T2, which shows everything up to a
  moment between the two, is not like them.
- different, by the downstream: its rows were not touched from T0 to T2. Whatever the upstream changed up to S1 has
  arrived since, and would have made new versions of rows that were not like S1.
- else undecided: touched in the middle; another round.
"""

from enum import Enum, auto
from typing import NamedTuple

from ndcops.model.proving import ItemState


class Judgement(Enum):
    """Of one key after one round."""

    SAME = auto()
    DIFFERENT = auto()
    UNDECIDED = auto()


class Round(NamedTuple):
    """downstream_first, upstream, downstream_then, upstream_last: the four looks, in this order."""

    downstream_first: ItemState
    upstream: ItemState
    downstream_then: ItemState
    upstream_last: ItemState


def judge(looks: Round) -> Judgement:
    """What the round proves."""
    before, up, down, up_last = looks
    if up.is_like(down) or up_last.is_like(down) or up.is_like(before):
        return Judgement.SAME
    if up.rows and up == up_last:
        return Judgement.DIFFERENT
    if before.rows and before == down:
        return Judgement.DIFFERENT
    return Judgement.UNDECIDED
