"""Many threads want the same kind of thing done; one of them does it for all that wait meanwhile."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Wish = TypeVar("Wish")
Answer = TypeVar("Answer")


class _Waiting(Generic[Wish, Answer]):
    """A wish on its way."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.done = threading.Event()
        self.answers: list[Answer] = []
        self.error: BaseException | None = None


class OneForAll(Generic[Wish, Answer]):
    """With 64 steps at once the store's latency is paid once for many wishes.

    Safety: what is done for a wish begins after that wish was made, and `ask` returns only when it is done.
    """

    def __init__(self, do: Callable[[Sequence[Wish]], Sequence[Answer]], *, most_at_once: int) -> None:
        self._do = do
        self._most_at_once = most_at_once
        self._guard = threading.Lock()
        self._doing = threading.Lock()
        self._queue: deque[_Waiting[Wish, Answer]] = deque()

    def ask(self, wish: Wish) -> Answer:
        """Have it done; raises what the doing of it, or of those that were done with it, raised."""
        mine: _Waiting[Wish, Answer] = _Waiting(wish)
        with self._guard:
            self._queue.append(mine)
        with self._doing:
            while not mine.done.is_set():  # older ones may fill a whole batch without it
                self._do_oldest()
        if mine.error is not None:
            raise mine.error
        return mine.answers[0]

    def _do_oldest(self) -> None:
        with self._guard:
            batch = [self._queue.popleft() for _ in range(min(self._most_at_once, len(self._queue)))]
        try:
            for each, answer in zip(batch, self._do([each.wish for each in batch]), strict=True):
                each.answers.append(answer)
        except BaseException as error:
            for each in batch:
                each.error = error
        for each in batch:
            each.done.set()
