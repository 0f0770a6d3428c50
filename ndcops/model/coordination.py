"""The coordination store: an etcd with one member a centre, for locks, journals and ledger segments."""

from typing import Literal

from pydantic import Field

from ndcops.model.document import Document, Name, Value


class CoordinationMember(Value):
    """One etcd member and the centre where it stands."""

    site: Name
    endpoint: str = Field(pattern=r"^https://[^\s/]+:\d+$")


class Coordination(Document):
    """`inventory/coordination.yaml`: the production store; the lab brings its own."""

    KIND = "Coordination"

    kind: Literal["Coordination"] = "Coordination"
    members: tuple[CoordinationMember, ...] = Field(min_length=3)
    ca_file: str
    lease_s: int = Field(ge=5, le=60, default=15)
