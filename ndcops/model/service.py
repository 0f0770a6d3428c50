"""A hosted system: grade, home and standby centre, needs, dependencies, names and probes."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from ndcops.model.document import Document, Name, Text, Value, misplaced
from ndcops.model.quantity import ByteQuantity, CpuQuantity


class Grade(StrEnum):
    """How soon a system must be back: A first. Order of recovery, priority and disruption budget follow it."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"

    @property
    def priority(self) -> int:
        """The Kubernetes priority value of the grade; user classes stay below 1e9 (system classes are above)."""
        return {"A": 900_000, "B": 700_000, "C": 500_000, "D": 300_000}[self.value]


class Classification(StrEnum):
    """State-secret and access classification of the data that a system holds, lowest first."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    SECRET = "secret"  # noqa: S105 - a level, not a password

    @property
    def level(self) -> int:
        """The rank of the level, 0 for the lowest: a place may hold what is not above its own limit."""
        return list(Classification).index(self)


class VolumeNeed(Value):
    """A volume for each replica of a workload."""

    tier: Name
    size: ByteQuantity
    mount: str = Field(pattern=r"^/[\w./-]+$")


class Probe(Value):
    """How a replica says that it is ready: HTTP GET of `path` on the workload's port."""

    path: str = Field(pattern=r"^/")
    period_s: int = Field(ge=1, le=300, default=10)
    failures: int = Field(ge=1, le=20, default=3)


class Workload(Value):
    """Equal replicas of one program; requests are per replica."""

    name: Name
    image: str = Field(min_length=1)
    replicas: int = Field(ge=1, le=500)
    pool: Name
    cpu: CpuQuantity
    memory: ByteQuantity
    gpus: int = Field(ge=0, le=64, default=0)
    port: int = Field(ge=1, le=65535)
    probe: Probe
    volume: VolumeNeed | None = None
    stateful: bool = False


class DatabaseNeed(Value):
    """The database of a system: who keeps it alive, how large, on which tier."""

    engine: Literal["patroni", "cloudnativepg"]
    size: ByteQuantity
    tier: Name
    members_per_site: int = Field(ge=1, le=5, default=1)


class OutsideProbe(Value):
    """How a client outside proves that the system serves: it writes and reads through the first DNS name.

    database: a numbered row through the address, refused where no leader stands. http: GET of `path`, reads only.
    """

    kind: Literal["database", "http"] = "database"
    path: str = Field(pattern=r"^/", default="/")
    period_ms: int = Field(ge=5, le=60_000, default=1000)
    timeout_ms: int = Field(ge=100, le=60_000, default=2000)


class Service(Document):
    """One hosted system (`inventory/services/ID.yaml`); `id` is unique across services and dossiers."""

    KIND = "Service"

    kind: Literal["Service"] = "Service"
    id: Name
    title: Text
    owner: str
    grade: Grade
    classification: Classification
    zone: Name
    home: Name
    standby: Name
    rpo_s: int = Field(ge=0)
    rto_s: int = Field(ge=1)
    depends_on: tuple[Name, ...] = ()
    workloads: tuple[Workload, ...] = Field(min_length=1)
    database: DatabaseNeed | None = None
    dns_names: tuple[str, ...] = ()
    outside_probe: OutsideProbe | None = None

    @model_validator(mode="after")
    def _sites_and_names_differ(self) -> Self:
        if self.home == self.standby:
            raise misplaced(
                ("standby",), f"home and standby are both '{self.home}': such a standby protects nothing"
            )
        names = [workload.name for workload in self.workloads]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise misplaced(("workloads", index, "name"), f"two workloads have one name, '{name}'")
        return self
