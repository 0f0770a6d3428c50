"""The demo's chapter of an agency: a ministry registers from its live database, moves in, and outlives a centre.

The sources are real PostgreSQL servers of this machine that end with this program; keys are made for the
occasion, and the inventory is a copy, so that the sample stays as it is. In that copy the ministry's register is
hosted by the sign-in's service: its database is the one to which the chapter on failover gives real parts.
"""

import os
import shutil
import sys
import tempfile
from ipaddress import ip_network
from pathlib import Path

from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.state import read_state
from ndcops.model.errors import ExitCode
from tests.demo.agency_move import move_in
from tests.demo.chapters import AGENCY_PAGE, PORTFOLIO_PAGE, ROADMAP_PAGE, RUNBOOK_PAGE, SERVICE
from tests.demo.stage import REPOSITORY, EndedOtherwise, Stage
from tests.onboarding_world import Keys
from tests.postgres_source import PostgresSource
from tests.sample_sources import sample_sources

AGENCY, SYSTEM = "bo-tu-phap", "ho-tich-dien-tu"


def main() -> int:
    """Every command with its reason; the exit code of the first that does not end as it must."""
    lab = read_state(LabPaths(lab_folder()))
    if lab is None:
        print("the lab is not up: make demo CHAPTER=lab", file=sys.stderr)
        return ExitCode.USAGE
    with tempfile.TemporaryDirectory(prefix="ndcops-demo-") as folder:
        here = Path(folder)
        labelled = _make_inventory(here)
        subnet = ip_network(lab.subnet) if lab.subnet else None
        host = str(subnet[1]) if subnet else "127.0.0.1"
        with sample_sources(here, host=host) as (server, services):
            if subnet:
                server.admit(str(subnet))
            environment = {
                **os.environ,
                "PGSERVICEFILE": str(services),
                "NDCOPS_INVENTORY": str(here / "inventory"),
            }
            try:
                return _play(Stage(environment, here), labelled, server)
            except EndedOtherwise as ended:
                print(ended, file=sys.stderr)
                return ended.code


def _play(stage: Stage, labelled: Path, source: PostgresSource) -> int:
    _register(stage, labelled)
    _plan(stage)
    move_in(stage, AGENCY, SYSTEM, source)
    stage.command("The country at a glance.", "agency", "portfolio", "--html", str(PORTFOLIO_PAGE))
    return ExitCode.DONE


def _make_inventory(here: Path) -> Path:
    """The sample's copy, without the ministry, with its signers; gives the dossier that it will have."""
    inventory = Path(shutil.copytree(REPOSITORY / "inventory", here / "inventory"))
    labelled = here / "dossier.yaml"
    text = (inventory / "agencies" / AGENCY / "dossier.yaml").read_text()
    labelled.write_text(text.replace(f"  - id: {SYSTEM}\n", f"  - id: {SYSTEM}\n    service: {SERVICE}\n", 1))
    shutil.rmtree(inventory / "agencies" / AGENCY)
    keys = Keys(AGENCY)
    for person in keys.private:
        key = here / f"{person}.pem"
        key.touch(0o600)
        key.write_bytes(keys.pem(person))
    (inventory / "signers.yaml").write_text(keys.signers.model_dump_json(by_alias=True, exclude_none=True))
    return labelled


def _register(stage: Stage, labelled: Path) -> None:
    answers = ["--title-vi", "Bộ Tư pháp", "--title-en", "Ministry of Justice", "--level", "ministry"]
    contact = ["--contact", "owner;Nguyễn Thị Minh Hà;owner@moj.example.vn;+84 24 1000 121"]
    system = ["--system", f"{SYSTEM};Hộ tịch điện tử;Civil status;internal"]
    stage.command(
        "The ministry registers; its live database fills in what a machine can know, and what is personal.",
        *("agency", "register", AGENCY, *answers, *contact, *system, "--from-dsn", "service=ho-tich", "--yes"),
    )
    stage.command(
        "What only people know is still missing; exit code 5 says that the dossier does not hold yet.",
        *("agency", "assess", AGENCY, "--dry-run"),
        expected=ExitCode.DIFFERENCES,
    )
    stage.command(
        "Weeks later: every field labelled, two systems, all contacts.",
        *("agency", "register", AGENCY, "--file", str(labelled), "--yes"),
    )
    sign = ("agency", "sign", AGENCY, "--yes")
    stage.command(
        "The ministry signs the digest of the dossier.",
        *(*sign, "--as", "an", "--key", str(stage.folder / "an.pem")),
    )
    stage.command(
        "The centre signs the same digest: both systems are registered.",
        *(*sign, "--as", "binh", "--key", str(stage.folder / "binh.pem")),
    )
    stage.command(
        "Now the dossier holds against its live sources: assessed, with a page that the agency understands.",
        *("agency", "assess", AGENCY, "--yes", "--html", str(AGENCY_PAGE)),
    )
    stage.command("Where the ministry's systems stand, and what comes next.", "agency", "status", AGENCY)


def _plan(stage: Stage) -> None:
    stage.command(
        "When does each system move, and why not earlier? Recorded, the roadmap lets them into their plan.",
        *("agency", "roadmap", "--record", "--yes", "--html", str(ROADMAP_PAGE)),
    )
    stage.command(
        "The ledger of all that, at three centres and in the store: each copy against each signed head.",
        *("ledger", "verify"),
    )
    stage.command(
        "The landing zone at both centres; then every way from one agency into another is tried, and denied.",
        *("agency", "provision", AGENCY, "--yes"),
    )
    stage.command(
        "The whole way as a runbook to read and to print; --run performs a step by the command that it shows.",
        *("agency", "runbook", AGENCY, "--html", str(RUNBOOK_PAGE)),
    )


if __name__ == "__main__":
    sys.exit(main())
