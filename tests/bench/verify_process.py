"""One proof in a process of its own: what it found and how much memory it held, as one JSON line."""

import json
import resource
import sys

from tests.mutations.rounds import move, prover


def main() -> None:
    """Arguments: how to reach source and target."""
    found = prover().prove(move(*sys.argv[1:3]))
    memory_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "verdict": found.verdict,
                "differences": found.differences,
                "undecided": found.undecided,
                "tables": [one.model_dump(mode="json") for one in found.tables],
                "memory_mib": memory_kib // 1024 + 1,
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
