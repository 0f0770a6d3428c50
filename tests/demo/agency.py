"""The demo's chapter of an agency: a ministry registers from its live database and goes on to its landing zone.

The sources are real PostgreSQL servers on loopback that end with this program; keys are made for the occasion, and
the inventory is a copy, so that the sample stays as it is.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ndcops.model.errors import ExitCode
from tests.demo.chapters import AGENCY_PAGE, PORTFOLIO_PAGE, REPOSITORY, ROADMAP_PAGE, RUNBOOK_PAGE
from tests.onboarding_world import Keys
from tests.sample_sources import sample_sources

AGENCY = "bo-tu-phap"
NDCOPS = Path(sys.executable).parent / "ndcops"


def main() -> int:
    """Every command with its reason; the exit code of the first that does not end as it must."""
    with tempfile.TemporaryDirectory(prefix="ndcops-demo-") as folder:
        here = Path(folder)
        inventory = Path(shutil.copytree(REPOSITORY / "inventory", here / "inventory"))
        labelled = here / "dossier.yaml"
        (inventory / "agencies" / AGENCY / "dossier.yaml").rename(labelled)
        shutil.rmtree(inventory / "agencies" / AGENCY)
        keys = Keys(AGENCY)
        for person in keys.private:
            key = here / f"{person}.pem"
            key.touch(0o600)
            key.write_bytes(keys.pem(person))
        (inventory / "signers.yaml").write_text(keys.signers.model_dump_json(by_alias=True, exclude_none=True))
        with sample_sources(here) as (_, services):
            environment = {**os.environ, "PGSERVICEFILE": str(services), "NDCOPS_INVENTORY": str(inventory)}
            for why, words, expected in (*_commands(here, labelled), *_onwards()):
                print(f"\n# {why}\n$ ndcops {shlex.join(words)}", flush=True)
                code = subprocess.run([NDCOPS, *words], cwd=REPOSITORY, env=environment).returncode
                if code != expected:
                    print(f"ended with {code}, {expected:d} was expected", file=sys.stderr)
                    return code or ExitCode.FAILED
    return ExitCode.DONE


def _commands(here: Path, labelled: Path) -> list[tuple[str, list[str], int]]:
    answers = ["--title-vi", "Bộ Tư pháp", "--title-en", "Ministry of Justice", "--level", "ministry"]
    contact = ["--contact", "owner;Nguyễn Thị Minh Hà;owner@moj.example.vn;+84 24 1000 121"]
    system = ["--system", "ho-tich-dien-tu;Hộ tịch điện tử;Civil status;internal"]
    sign = ["agency", "sign", AGENCY, "--yes"]
    return [
        (
            "The ministry registers; its live database fills in what a machine can know, and what is personal.",
            ["agency", "register", AGENCY, *answers, *contact, *system, "--from-dsn", "service=ho-tich", "--yes"],
            ExitCode.DONE,
        ),
        (
            "What only people know is still missing; exit code 5 says that the dossier does not hold yet.",
            ["agency", "assess", AGENCY, "--dry-run"],
            ExitCode.DIFFERENCES,
        ),
        (
            "Weeks later: every field labelled, two systems, all contacts.",
            ["agency", "register", AGENCY, "--file", str(labelled), "--yes"],
            ExitCode.DONE,
        ),
        (
            "The ministry signs the digest of the dossier.",
            [*sign, "--as", "an", "--key", str(here / "an.pem")],
            ExitCode.DONE,
        ),
        (
            "The centre signs the same digest: both systems are registered.",
            [*sign, "--as", "binh", "--key", str(here / "binh.pem")],
            ExitCode.DONE,
        ),
        (
            "Now the dossier holds against its live sources: assessed, with a page that the agency understands.",
            ["agency", "assess", AGENCY, "--yes", "--html", str(AGENCY_PAGE)],
            ExitCode.DONE,
        ),
        ("Where the ministry's systems stand, and what comes next.", ["agency", "status", AGENCY], ExitCode.DONE),
    ]


def _onwards() -> list[tuple[str, list[str], int]]:
    return [
        (
            "When does each system move, and why not earlier? Recorded, the roadmap lets them into their plan.",
            ["agency", "roadmap", "--record", "--yes", "--html", str(ROADMAP_PAGE)],
            ExitCode.DONE,
        ),
        (
            "The ledger of all that, at three centres and in the store: each copy against each signed head.",
            ["ledger", "verify"],
            ExitCode.DONE,
        ),
        (
            "The landing zone at both centres; then every way from one agency into another is tried, and denied.",
            ["agency", "provision", AGENCY, "--yes"],
            ExitCode.DONE,
        ),
        (
            "The whole way as a runbook to read and to print; --run performs a step by the command that it shows.",
            ["agency", "runbook", AGENCY, "--html", str(RUNBOOK_PAGE)],
            ExitCode.DONE,
        ),
        (
            "The country at a glance.",
            ["agency", "portfolio", "--html", str(PORTFOLIO_PAGE)],
            ExitCode.DONE,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
