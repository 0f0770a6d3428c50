"""An agency's way in on the lab: its people sign, ndcops-operator types the commands.

In this process: starting a Python for each of them would cost more than all that they do.
"""

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ndcops.cli.app import run
from tests.live.site_operator import Ended
from tests.onboarding_world import Keys

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class AgencyOperator:
    """One agency on an inventory of the test's own. `an` signs for it, `binh` for the centre."""

    agency: str
    inventory: Path
    folder: Path
    services: Path

    def run(self, *words: str, person: str = "an") -> Ended:
        """Run a command to its end. person: whose key signs, where one does."""
        key = self.folder / ("binh.pem" if person == "binh" else f"{person}-{self.agency}.pem")
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as environment, redirect_stdout(out), redirect_stderr(err):
            environment.setenv("PGSERVICEFILE", str(self.services))
            environment.setenv("NDCOPS_SIGNING_KEY", str(key))
            code = run(["--inventory", str(self.inventory), *words])
        return Ended(code, out.getvalue(), err.getvalue())

    def must(self, *words: str, code: int = 0, person: str = "an") -> Ended:
        """Run a command that ends with that code."""
        ended = self.run(*words, person=person)
        assert ended.code == code, ended.told()
        return ended

    def step(self, person: str) -> str:
        """Run the runbook's next step as this person; its id."""
        words = ("agency", "runbook", self.agency, "--next", "--yes", "--json")
        return str(self.must(*words, person=person).document["done"]["step"])

    def states(self) -> dict[str, str]:
        """By system."""
        systems = self.must("agency", "status", self.agency, "--json").document["systems"]
        return {each["system"]: each["state"] for each in systems}

    def evidence(self, ended: Ended, check: str) -> list[dict[str, Any]]:
        """Values of one check, of every system."""
        return [each["values"] for each in ended.document["evidence"] if each["check"] == check]


def agency_inventory(folder: Path, agencies: tuple[str, ...]) -> Path:
    """The sample inventory with signers for these agencies whose keys lie in `folder`."""
    inventory = Path(shutil.copytree(REPOSITORY / "inventory", folder / "inventory"))
    signers = [_signer(Keys(agency), "an", f"an-{agency}", folder) for agency in agencies]
    signers.append(_signer(Keys(), "binh", "binh", folder))
    document = {"apiVersion": "ndcops/v1", "kind": "Signers", "signers": signers}
    (inventory / "signers.yaml").write_text(json.dumps(document, ensure_ascii=False))
    return inventory


def _signer(keys: Keys, person: str, name: str, folder: Path) -> dict[str, Any]:
    """A person's entry under a name of its own, the key in a file of that name."""
    key = folder / f"{name}.pem"
    key.touch(0o600)
    key.write_bytes(keys.pem(person))
    found = json.loads(keys.signers.model_dump_json(by_alias=True, exclude_none=True))["signers"]
    return {**next(each for each in found if each["name"] == person), "name": name}
