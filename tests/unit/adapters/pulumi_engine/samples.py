"""Settings, states and engine events for the tests of the engine's adapter."""

from pathlib import Path
from typing import Any

import orjson
from pulumi.automation.events import EngineEvent

from ndcops.adapters.pulumi_engine.settings import EngineSettings
from ndcops.model.stack_changes import StackId

REPOSITORY = Path(__file__).parents[4]
STACK = StackId(layer="network", site="ndc1")
URN = "urn:pulumi:ndc1::ndcops-network::ndcops:network:SiteNetwork$kubernetes:core/v1:Namespace::zone-public"


def settings_in(folder: Path, pulumi: Path = Path("/nonexistent/pulumi")) -> EngineSettings:
    return EngineSettings(
        pulumi=pulumi,
        stacks_dir=REPOSITORY / "stacks",
        state_dir=folder / "pulumi",
        plugin_dir=REPOSITORY / "ndcops" / "provider" / "plugin",
    )


def checkpoint(**latest: Any) -> bytes:
    """A state file as the file backend writes it."""
    return orjson.dumps(
        {"version": 3, "checkpoint": {"stack": "organization/ndcops-network/ndc1", "latest": latest}}
    )


def write_state(settings: EngineSettings, data: bytes) -> Path:
    path = settings.state_file(STACK)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def metadata(op: str, urn: str = URN, **more: Any) -> dict[str, Any]:
    inputs = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "public"}}
    side = {
        "urn": urn,
        "type": type_of(urn),
        "id": "x",
        "parent": "",
        "provider": "",
        "inputs": inputs,
        "outputs": {},
    }
    old = None if op == "create" else side
    new = None if op in ("delete", "delete-replaced") else side
    return {"op": op, "urn": urn, "type": type_of(urn), "provider": "", "old": old, "new": new, **more}


def type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def pre(op: str, **more: Any) -> EngineEvent:
    return event(resourcePreEvent={"metadata": metadata(op, **more)})


def outputs(op: str, **more: Any) -> EngineEvent:
    return event(resOutputsEvent={"metadata": metadata(op, **more)})


def failed(**more: Any) -> EngineEvent:
    return event(resOpFailedEvent={"metadata": metadata("create", **more), "status": 1, "steps": 1})


def diagnostic(message: str, severity: str = "error", urn: str = URN) -> EngineEvent:
    return event(diagnosticEvent={"message": message, "severity": severity, "urn": urn, "color": "never"})


def summary() -> EngineEvent:
    return event(summaryEvent={"maybeCorrupt": False, "durationSeconds": 1, "resourceChanges": {"same": 1}})


def event(**body: Any) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 0, "timestamp": 0, **body})
