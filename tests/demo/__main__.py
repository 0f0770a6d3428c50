"""Runs the chapters: says why, shows the command, runs it as a user would, checks how it ended, leaves the lab up.

Exit codes: 0 done, 1 a command did not end as it should, 2 usage or a chapter before is missing, 130 interrupted.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.model.errors import NdcopsError
from ndcops.toolchain.build import ensure_engine
from ndcops.toolchain.folders import private_subfolder, state_dir
from tests.demo.chapters import (
    AGENCY_PAGE,
    CAPACITY_PAGE,
    CHAPTERS,
    EVIDENCE_PAGE,
    PAGE,
    PORTFOLIO_PAGE,
    PROOFS,
    REPOSITORY,
    ROADMAP_PAGE,
    RUNBOOK_PAGE,
    SITE,
    VERIFY_PAGE,
    Chapter,
    Step,
    kubectl,
)

BIN = Path(sys.executable).parent


class StepFailed(Exception):
    """A command did not end as the demo expects."""


def main() -> int:
    """Run all chapters, or the one that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    names = [chapter.name for chapter in CHAPTERS]
    parser.add_argument("chapter", nargs="?", choices=names, help="only this one; all without it")
    wanted = parser.parse_args().chapter
    chapters = [each for each in CHAPTERS if each.name == wanted or (wanted is None and not each.asked_only)]
    try:
        missing = _missing(chapters)
        if missing:
            _say(f"chapter {wanted} builds on chapter {missing}; first: make demo CHAPTER={missing}")
            return 2
        _play(chapters)
    except StepFailed as failure:
        _say(f"\ndemo: {failure}")
        return 1
    except NdcopsError as error:
        _say("\n".join([f"\ndemo: {error.message}", *error.details, f"next: {error.resolution}"]))
        return 1
    except KeyboardInterrupt:
        _say("\ndemo: interrupted; the same command goes on from here, `ndcops lab down` removes the lab")
        return 130
    _where_to_look()
    return 0


def _missing(chapters: Sequence[Chapter]) -> str | None:
    """The first chapter that the chosen ones build on, that is not among them and was never done."""
    among = {chapter.name for chapter in chapters}
    for name in (need for chapter in chapters for need in chapter.needs if need not in among):
        if _run(PROOFS[name](), capture=True).returncode != 0:
            return name
    return None


def _play(chapters: Sequence[Chapter]) -> None:
    pace = _read_pace()
    left = [pace.get(chapter.name, chapter.usual_s) for chapter in chapters]
    began = time.monotonic()
    for number, chapter in enumerate(chapters):
        _say(
            f"\n=== {number + 1}/{len(chapters)} {chapter.name}: {chapter.title} "
            f"(about {_duration(left[number])}; {_duration(sum(left[number:]))} left in all)"
        )
        chapter_began = time.monotonic()
        for step in chapter.steps():
            _perform(step)
        pace[chapter.name] = round(time.monotonic() - chapter_began, 1)
        _write_pace(pace)
    _say(f"\nDone in {_duration(time.monotonic() - began)}.")


def _perform(step: Step) -> None:
    """Run one command and hold it to what it must do. Raises StepFailed."""
    _say(f"\n# {step.why}\n$ {_as_typed(step.argv)}")
    done = _run(step.argv, capture=bool(step.says))
    if done.stdout:
        _say(done.stdout.rstrip())
    if done.returncode != step.exit_code:
        raise StepFailed(
            f"'{_as_typed(step.argv)}' ended with {done.returncode}, {step.exit_code:d} was expected; "
            "its reasons stand above. Mend them and run the demo again: it goes on from here"
        )
    if step.says and step.says not in done.stdout:
        raise StepFailed(f"'{_as_typed(step.argv)}' does not mention '{step.says}'")


def _run(argv: Sequence[str], *, capture: bool) -> "subprocess.CompletedProcess[str]":
    """Run a command in this terminal; `ndcops` is the one of this Python.

    Ctrl-C reaches the command too, which then saves what it has in hand: it is waited for, never killed.
    """
    program = str(BIN / "ndcops") if argv[0] == "ndcops" else argv[0]
    columns = str(shutil.get_terminal_size((120, 40)).columns)
    process = subprocess.Popen(
        [program, *argv[1:]],
        cwd=REPOSITORY,
        env={"COLUMNS": columns, **os.environ},
        stdout=subprocess.PIPE if capture else None,
        text=True,
    )
    try:
        said, _ = process.communicate()
    except KeyboardInterrupt:
        process.wait()
        raise
    return subprocess.CompletedProcess(argv, process.returncode, said)


def _as_typed(argv: Sequence[str]) -> str:
    return shlex.join([Path(argv[0]).name, *argv[1:]])


def _say(text: str) -> None:
    print(text, flush=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _pace_file() -> Path:
    return private_subfolder(state_dir(), "demo") / "pace.json"


def _read_pace() -> dict[str, float]:
    """Seconds that each chapter took last time; none when that is not known."""
    try:
        found = json.loads(_pace_file().read_bytes())
        return {str(name): float(seconds) for name, seconds in found.items()}
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return {}


def _write_pace(pace: dict[str, float]) -> None:
    _pace_file().write_text(json.dumps(pace))


def _where_to_look() -> None:
    paths = LabPaths(lab_folder())
    ndcops, pulumi = BIN / "ndcops", ensure_engine("pulumi") / "pulumi"
    stack = paths.root / "pulumi" / "work" / SITE / "compute"
    page = "".join(
        f"{label:<15}{path}\n"
        for label, path in (
            ("The page", PAGE),
            ("Capacity", CAPACITY_PAGE),
            ("Evidence", EVIDENCE_PAGE),
            ("Agency", AGENCY_PAGE),
            ("Roadmap", ROADMAP_PAGE),
            ("Runbook", RUNBOOK_PAGE),
            ("Comparison", VERIFY_PAGE),
            ("Portfolio", PORTFOLIO_PAGE),
        )
        if path.exists()
    )
    _say(
        f"\nWhere to look; the lab stays up:\n{page}"
        f"The clusters   {shlex.join(kubectl('get', 'deployments', '--all-namespaces'))}\n"
        f"Their changes  {ndcops} stack drift;  {ndcops} stack preview\n"
        f"The states     {pulumi} stack export --cwd {stack} --stack {SITE}\n"
        f"The audit log  {paths.site(SITE) / 'audit' / 'audit.log'}\n"
        f"An outage      {ndcops} lab kill {SITE};  {ndcops} lab revive {SITE}\n"
        f"The end        {ndcops} lab down"
    )


if __name__ == "__main__":
    sys.exit(main())
