"""Where the coordination store is and with what to log in; wiring reads it, `client` uses it."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from ndcops.model.coordination import CoordinationMember
from ndcops.model.document import Document, Value
from ndcops.model.errors import InvalidInput


class EtcdAccess(Value):
    """Members, the authority of their certificates, and the client's own certificate and key (PEM files)."""

    members: tuple[CoordinationMember, ...] = Field(min_length=1)
    ca_file: Path
    client_certificate_file: Path
    client_key_file: Path


class LabCoordination(Document):
    """`coordination.json`, which the lab writes."""

    KIND = "LabCoordination"

    kind: Literal["LabCoordination"] = "LabCoordination"
    members: tuple[CoordinationMember, ...]
    ca_file: Path
    client_certificate_file: Path
    client_key_file: Path


def read_access(path: Path) -> EtcdAccess:
    """The access that a `coordination.json` describes. Raises InvalidInput."""
    try:
        found = LabCoordination.model_validate_json(path.read_bytes())
        return EtcdAccess(**found.model_dump(exclude={"api_version", "kind"}))
    except (OSError, ValidationError) as error:
        raise InvalidInput(
            f"the coordination store's file {path} cannot be used",
            details=[" ".join(str(error).split())],
            resolution="ndcops lab up",
        ) from error
