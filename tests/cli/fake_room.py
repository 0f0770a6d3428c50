"""`ndcops stack` on fakes: in this process, or as a program of its own that a test can signal.

As a program: `python -m tests.cli.fake_room SCENE WORDS...`.
"""

import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from ndcops import wiring
from ndcops.cli.app import main
from ndcops.model.errors import Interrupted
from ndcops.model.stack_changes import StackId
from tests.unit.provisioning.samples import Room


def install(world: Room, put: Callable[[object, str, object], None] = setattr) -> None:
    """Let wiring hand out `world`; it is the one place where adapters are chosen."""

    def provisioning(kind: str, chosen: object, *, stop: threading.Event, **sinks: Any) -> object:
        world.stop = stop
        room = world.room
        room.on_progress, room.on_step = sinks["on_progress"], sinks["on_step"]
        return room

    put(wiring, "provisioning", provisioning)


def slow(world: Room) -> None:
    """Engines that go on until they are interrupted."""

    def wait(stack: StackId) -> None:
        print(f"engine at work on {stack}", file=sys.stderr, flush=True)
        while not world.engine.interrupted:
            threading.Event().wait(0.01)
        raise Interrupted(f"stack {stack}: stopped; its state is saved")

    world.engine.around = wait


if __name__ == "__main__":
    # Whoever started the tests may ignore Ctrl-C, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    scene = Room()
    install(scene)
    if sys.argv[1] == "slow":
        slow(scene)
    sys.argv = ["ndcops", *sys.argv[2:]]
    main()
