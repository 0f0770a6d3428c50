"""JSON Schemas of the kinds, for editors (`inventory schema`) and for the words of errors (`documents`)."""

from functools import cache
from typing import Any

from ndcops.adapters.inventory_files.ansible_hosts import HostsFile
from ndcops.model.baseline import Baseline
from ndcops.model.coordination import Coordination
from ndcops.model.database_store import DatabaseStore
from ndcops.model.document import Value, Versioned
from ndcops.model.dossier import Dossier
from ndcops.model.ledger import LedgerDeclaration
from ndcops.model.price_list import PriceList
from ndcops.model.roadmap import RoadmapRules
from ndcops.model.runbook import Runbook
from ndcops.model.service import Service
from ndcops.model.signer import Signers
from ndcops.model.site import Site
from ndcops.model.waiver import Waivers
from ndcops.model.wave_plan import WavePlan

KINDS: dict[str, type[Value]] = {
    "Site": Site,
    "Service": Service,
    "Dossier": Dossier,
    "Coordination": Coordination,
    "DatabaseStore": DatabaseStore,
    "Hosts": HostsFile,
    "Baseline": Baseline,
    "Waivers": Waivers,
    "Signers": Signers,
    "Ledger": LedgerDeclaration,
    "RoadmapRules": RoadmapRules,
    "Runbook": Runbook,
    "PriceList": PriceList,
    "WavePlan": WavePlan,
}


@cache
def schema_of(kind: str) -> dict[str, Any]:
    """The schema of one kind; every file but hosts.yaml must carry its version and kind."""
    model = KINDS[kind]
    schema = model.model_json_schema(by_alias=True, mode="validation")
    if issubclass(model, Versioned):
        schema["required"] = ["apiVersion", "kind", *schema.get("required", [])]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": f"ndcops {kind}"}


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema (draft 2020-12) of each kind, by kind."""
    return {kind: schema_of(kind) for kind in KINDS}
