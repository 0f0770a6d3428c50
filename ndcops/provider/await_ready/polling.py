"""How often a wait asks; `wait` and `delete` share it.

Polling rather than watching: a poll lasts milliseconds on a pooled connection, so any number of waits
share sixteen connections, nothing is lost when a connection drops, and a Cancel ends a wait at once.
"""

from collections.abc import Iterator
from typing import Final

_FIRST_S: Final = 0.1
_LONGEST_S: Final = 1.0
_GROWTH: Final = 1.5


def delays_s() -> Iterator[float]:
    """Pauses between two looks: a tenth of a second at first, a second in the end; never ends."""
    delay_s = _FIRST_S
    while True:
        yield delay_s
        delay_s = min(delay_s * _GROWTH, _LONGEST_S)
