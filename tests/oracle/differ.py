"""Prints the first cases in which the fit engine and the scheduler differ; their files go to --out."""

import argparse
import json
import sys
import traceback
from collections import Counter
from pathlib import Path

from ndcops.capacity.plan.fit import Cluster
from tests.oracle.cases import case
from tests.oracle.comparison import Comparison
from tests.oracle.scheduler import Answer, Case, answers


def main() -> int:
    """End with 1 when some case differs."""
    given = _arguments()
    seeds = given.only or range(given.seed, given.seed + given.cases)
    wanted = (case(seed) for seed in seeds)
    chosen = (each for each in wanted if not given.theme or given.theme in each["themes"])
    themes: Counter[str] = Counter()
    seen = differing = 0
    for asked, truth in answers(chosen):
        seen += 1
        lines = difference(asked, truth)
        if lines:
            differing += 1
            themes.update(asked["themes"])
            if differing <= given.show:
                _show(asked, lines, given.out)
    print(f"{differing} of {seen} cases differ; by theme: {dict(themes.most_common())}")
    return 1 if differing else 0


def difference(asked: Case, truth: Answer) -> list[str]:
    """What differs, a line each; nothing when both say the same."""
    if truth.error:
        return [f"oracle error: {truth.error}"]
    try:
        ours = Cluster.of(asked["objects"]).verdict(asked["pod"])
    except Exception as error:  # a crash is a difference to show, the other cases go on
        return [
            f"raised:  {error!r}",
            *traceback.format_exc().splitlines()[-4:-1],
            f"oracle:  {truth.message or 'fits'}",
        ]
    compared = Comparison(asked, truth, ours)
    lines = [f"false fit on {node}: {_why(truth, node)}" for node in sorted(compared.false_fits)]
    lines += [f"false refusal of {node}" for node in sorted(compared.false_refusals)]
    if not compared.agrees and not lines:
        lines.append(f"fits is {ours.fits}, the scheduler has {len(truth.feasible)} nodes")
    if lines or not compared.same_reason:
        lines += [f"ours:    {ours.message or 'fits'} {ours.refused_by}", f"oracle:  {truth.message or 'fits'}"]
        lines += [] if truth.feasible else [f"oracle's plugins: {sorted(truth.plugins())}"]
    return lines


def _why(truth: Answer, node: str) -> str:
    refusal = truth.refused.get(node) or truth.prefilter
    return f"{refusal.plugin}: {'; '.join(refusal.reasons)}" if refusal else "not among the nodes"


def _show(asked: Case, lines: list[str], out: Path | None) -> None:
    nodes = len(asked["objects"]["nodes"])
    print(f"case {asked['id']}  {'+'.join(asked['themes'])}  {nodes} nodes")
    print("\n".join(f"    {line}" for line in lines))
    if out:
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"case-{asked['id']}.json"
        path.write_text(json.dumps(asked, indent=1))
        print(f"    {path}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.differ", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first case (default 1)")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--only", type=int, nargs="+", metavar="SEED", help="these cases")
    parser.add_argument("--theme", help="only cases about this theme (tests/oracle/cases/themes.py)")
    parser.add_argument("--show", type=int, default=10, help="how many to print (default 10)")
    parser.add_argument("--out", type=Path, help="folder for the files of the cases shown")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
