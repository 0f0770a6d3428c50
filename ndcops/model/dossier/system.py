"""A system that moves in: what it depends on, how soon it must be back, and how it will move."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field

from ndcops.model.document import Name, Text, Value
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.quantity import ByteQuantity
from ndcops.model.service import Classification


class Strategy(StrEnum):
    """The six Rs, as Konveyor names them."""

    REHOST = "rehost"
    REPLATFORM = "replatform"
    REFACTOR = "refactor"
    REPURCHASE = "repurchase"
    RETIRE = "retire"
    RETAIN = "retain"


class Criticality(StrEnum):
    """How much a failure hurts, lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Tier(Value):
    """How soon a system must be back (ISO 22301), and the grade that follows, 1 the first to be restored."""

    grade: int = Field(ge=1, le=4)
    rpo_s: int = Field(ge=0, le=31_536_000)
    rto_s: int = Field(ge=1, le=31_536_000)


class Dependency(Value):
    """What a system needs. hard: it does not work without. max_latency_ms: None means that any will do."""

    to: Name
    kind: Literal["data", "api", "identity", "batch", "network"] = "api"
    hard: bool = True
    max_latency_ms: int | None = Field(ge=0, le=3_600_000, default=None)


class SystemStatus(Value):
    """What somebody said of the state, when and where; the ledger, not this, is what counts."""

    state: LifecycleState
    as_of: date
    source: str = Field(min_length=1)


class DossierSystem(Value):
    """A system that moves in; `service` refers to a declared Service, it never redefines one.

    replaced_by: a service of the centre that does the same. must_stay: why it cannot leave the agency.
    last_used: the last day anybody used it. home and standby: sites; cost_centre: who pays.
    groups: names of the agency's groups that may work in its landing zone.
    """

    id: Name
    title: Text
    classification: Classification
    service: Name | None = None
    strategy: Strategy | None = None
    criticality: Criticality | None = None
    tier: Tier | None = None
    home: Name | None = None
    standby: Name | None = None
    cost_centre: Name | None = None
    groups: tuple[Name, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    data_size: ByteQuantity | None = None
    replaced_by: Name | None = None
    must_stay: str | None = Field(min_length=1, default=None)
    last_used: date | None = None
    status: SystemStatus | None = None


class Integration(Value):
    """A way that data leave or enter. NDOP: the national data exchange; datasets: what goes through it."""

    via: Literal["NDOP", "api", "file"]
    service: str = Field(min_length=1, max_length=200)
    datasets: tuple[Name, ...] = ()
    consumers: tuple[str, ...] = ()


class Protection(Value):
    """Copies of a system's data as declared; what counts for acceptance is a restore that was timed."""

    system: Name
    copies: int = Field(ge=0, le=100)
    offsite_dc: Name | None = None
    last_restore_test: date | None = None
