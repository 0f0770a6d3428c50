"""Changes of the writing end that add up over calls, for the benches of either direction."""

import json
from collections.abc import Callable
from typing import Any

from tests.bench.result import source_key
from tests.bench.sandbox import results_folder
from tests.bench.timing import Clock
from tests.move_servers import move_pair
from tests.switch_rounds import Arena, arena


def accumulated(
    name: str, clock: Clock, one_round: Callable[[Arena, Clock, int], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Rounds of all calls with these sources and this seed; as many more as are missing and the time allows."""
    path = results_folder() / f"{name}-{source_key()}-{clock.seed}.jsonl"
    done = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    if len(done) < clock.wanted:
        with move_pair() as pair, arena(pair, clock.say) as field:
            for number in clock.rounds(name, first=len(done) + 1):
                done.append(one_round(field, clock, number))
                with path.open("a") as file:
                    file.write(json.dumps(done[-1]) + "\n")
    return done
