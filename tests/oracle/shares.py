"""Counts how often each plugin refuses in the made-up cases: python -m tests.oracle.shares --cases N."""

import argparse
import time
from collections import Counter

from tests.oracle.cases import case
from tests.oracle.scheduler import answers


def main() -> None:
    """Print a line per plugin, the share of cases that fit nowhere, and what the oracle could not judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.shares", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first case (default 1)")
    given = parser.parse_args()
    began = time.monotonic()
    plugins, errors = Counter[str](), Counter[str]()
    nowhere = preempted = 0
    for asked, answer in answers(case(seed) for seed in range(given.seed, given.seed + given.cases)):
        plugins.update(answer.plugins())
        nowhere += not answer.feasible
        preempted += bool(answer.preemption)
        if answer.error:
            errors[f"{'+'.join(asked['themes'])}: {answer.error}"] += 1
    for plugin, count in plugins.most_common():
        print(f"{count / given.cases:7.2%} {plugin}")
    print(f"{nowhere / given.cases:7.2%} fit nowhere, {preempted / given.cases:.2%} would after evictions")
    print(f"{given.cases / (time.monotonic() - began):7.0f} cases/s, {sum(errors.values())} errors")
    for error, count in errors.most_common(20):
        print(f"{count:7} {error}")


if __name__ == "__main__":
    main()
