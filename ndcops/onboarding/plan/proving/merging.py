"""Two ascending sequences side by side, without keeping either."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def side_by_side(
    left: Iterable[T], right: Iterable[T], rank: Callable[[T], int]
) -> Iterator[tuple[T | None, T | None]]:
    """Pairs of equal rank, one for one; None where one side has no (more) partner. Both must ascend by rank."""
    lefts, rights = iter(left), iter(right)
    one, other = next(lefts, None), next(rights, None)
    while one is not None or other is not None:
        if one is not None and (other is None or rank(one) < rank(other)):
            yield one, None
            one = next(lefts, None)
        elif other is not None and (one is None or rank(other) < rank(one)):
            yield None, other
            other = next(rights, None)
        else:
            yield one, other
            one, other = next(lefts, None), next(rights, None)
