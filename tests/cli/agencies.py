"""The agency commands on a copy of the sample inventory, with signers whose keys are at hand."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tests.onboarding_world import Keys

if TYPE_CHECKING:
    from tests.cli.conftest import Ended, Run

AGENCY = "bo-tu-phap"
SYSTEM = ("--system", "ho-tich-dien-tu")
DOSSIER = f"agencies/{AGENCY}/dossier.yaml"


class Agencies:
    """The commands on a copy of the sample inventory, with signers whose keys are at hand."""

    def __init__(self, ndcops: "Run", inventory: Path, folder: Path) -> None:
        self._ndcops = ndcops
        self.inventory = inventory
        self.keys = Keys(AGENCY)
        for person in self.keys.private:
            (folder / person).write_bytes(self.keys.pem(person))
        self.folder = folder
        self._signers()

    def __call__(self, *words: str) -> "Ended":
        return self._ndcops("agency", *words, "--inventory", str(self.inventory))

    def sign(self, person: str, *words: str) -> "Ended":
        return self("sign", AGENCY, "--as", person, "--key", str(self.folder / person), "--yes", *words)

    def states(self) -> dict[str, str]:
        found = self("status", AGENCY, "--json").document
        return {one["system"]: one["state"] for one in found["systems"]}

    def edit(self, old: str, new: str) -> None:
        path = self.inventory / DOSSIER
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def _signers(self) -> None:
        signers = json.loads(self.keys.signers.model_dump_json(by_alias=True, exclude_none=True))
        (self.inventory / "signers.yaml").write_text(yaml.safe_dump(signers, allow_unicode=True, sort_keys=False))
