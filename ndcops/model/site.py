"""A data centre: power, halls and racks, node pools, storage tiers, networks, Kubernetes, DNS."""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Literal, Self

from pydantic import Field, model_validator

from ndcops.model.document import Document, Name, Text, Value, misplaced
from ndcops.model.quantity import ByteQuantity
from ndcops.model.service import Classification


class SiteStatus(StrEnum):
    """How far a centre is: stacks are applied to operating and building ones only."""

    OPERATING = "operating"
    BUILDING = "building"
    PLANNED = "planned"


class Redundancy(StrEnum):
    """Power redundancy of the IT load, as data-centre standards write it (TIA-942, EN 50600)."""

    NONE = "N"
    N_PLUS_1 = "N+1"
    DOUBLE = "2N"


class Location(Value):
    """Where the centre stands; coordinates in degrees, WGS 84."""

    place: str
    province: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Power(Value):
    """Power of the centre: the IT load that the feeds may carry, in MW."""

    it_load_mw: float = Field(gt=0, le=1000)
    feeds: int = Field(ge=1, le=8)
    redundancy: Redundancy
    as_of: str
    source: str

    def after_feed_loss_w(self, usable_w: int) -> int:
        """Of a usable load, what the feeds carry that are left: all where one is to spare, else their share."""
        if self.redundancy is not Redundancy.NONE and self.feeds > 1:
            return usable_w
        return usable_w * (self.feeds - 1) // self.feeds


class Racks(Value):
    """A hall's racks: `count` of `units` rack units, each fed with at most `power_kw`."""

    count: int = Field(ge=1, le=10_000)
    units: int = Field(ge=1, le=60)
    power_kw: float = Field(gt=0, le=200)


class Hall(Value):
    """A room of racks with its own share of the centre's IT load."""

    name: Name
    power_mw: float = Field(gt=0)
    racks: Racks


class Taint(Value):
    """A node taint, as Kubernetes has it."""

    key: str
    value: str = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class Gpu(Value):
    """The accelerators of one node: the extended resource that counts them, and their model."""

    resource: str = "nvidia.com/gpu"
    count: int = Field(ge=1, le=64)
    model: str


class NodePool(Value):
    """Equal nodes: `nodes` of them, spread over the first `racks` racks of `hall`."""

    name: Name
    nodes: int = Field(ge=1, le=10_000)
    architecture: Literal["amd64", "arm64"] = "amd64"
    cpu_cores: int = Field(ge=1, le=4096)
    memory: ByteQuantity
    pods: int = Field(ge=1, le=1000, default=110)
    gpu: Gpu | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    hall: Name
    racks: int = Field(ge=1)
    node_units: int = Field(ge=1, le=20, default=1)
    node_power_w: int = Field(ge=1, le=50_000, default=800)

    def rack_of(self, index: int) -> str:
        """The rack of node `index` (from 0): nodes go round the racks, so that a lost rack costs least."""
        return f"{self.hall}-r{index % self.racks + 1:03d}"


class Media(StrEnum):
    """What a storage tier is made of."""

    NVME = "nvme"
    SSD = "ssd"
    HDD = "hdd"
    OBJECT = "object"


class Replication(StrEnum):
    """Whether a tier copies to another centre, and whether it waits for it."""

    NONE = "none"
    ASYNC = "async"
    SYNC = "sync"


class StorageTier(Value):
    """A class of storage: `usable` bytes after redundancy."""

    name: Name
    media: Media
    provisioner: str
    usable: ByteQuantity
    encrypted: bool
    replication: Replication = Replication.NONE
    replicas: int = Field(ge=1, le=6, default=3)
    iops_per_gib: int | None = Field(default=None, ge=1)


class ZoneKind(StrEnum):
    """The five zones that every centre separates."""

    PUBLIC = "public"
    AGENCY = "agency"
    DATA = "data"
    MANAGEMENT = "management"
    SOC = "soc"

    @property
    def classification_limit(self) -> Classification:
        """The highest classification that systems of such a zone may hold; admission enforces it.

        What strangers can reach holds no state secrets; the keys to them lie in the management zone.
        """
        return {
            ZoneKind.PUBLIC: Classification.CONFIDENTIAL,
            ZoneKind.AGENCY: Classification.CONFIDENTIAL,
            ZoneKind.DATA: Classification.SECRET,
            ZoneKind.MANAGEMENT: Classification.SECRET,
            ZoneKind.SOC: Classification.SECRET,
        }[self]


class Zone(Value):
    """A network zone, a namespace in Kubernetes: its addresses and its Pod Security level.

    hosts_agencies: agencies' landing zones belong to it, and share what its tiers have beyond declared services.
    """

    name: Name
    kind: ZoneKind
    cidr: IPv4Network
    pod_security: Literal["restricted", "baseline", "privileged"] = "restricted"
    hosts_agencies: bool = False


class Port(Value):
    """A port of a flow."""

    port: int = Field(ge=1, le=65535)
    protocol: Literal["TCP", "UDP"] = "TCP"


class Flow(Value):
    """Traffic that is allowed between two zones; everything else is denied both ways."""

    source: Name = Field(alias="from")
    destination: Name = Field(alias="to")
    ports: tuple[Port, ...] = Field(min_length=1)
    reason: str = Field(min_length=1)


class Network(Value):
    """A centre's networks: zones, allowed flows, and the cluster's own ranges."""

    pod_cidr: IPv4Network
    service_cidr: IPv4Network
    extra_service_cidrs: tuple[IPv4Network, ...] = ()
    zones: tuple[Zone, ...] = Field(min_length=1)
    flows: tuple[Flow, ...] = ()
    gateway_controller: str = "gateway.ndc.gov.vn/controller"

    def zone(self, name: str) -> Zone | None:
        """The zone of that name, if there is one."""
        return next((zone for zone in self.zones if zone.name == name), None)


class KubernetesRef(Value):
    """The production cluster: its kubeconfig context, the UID of its kube-system namespace once known, and the
    internal registry that alone may serve images to it.
    """

    context: str
    uid: str | None = None
    registry: str = Field(default="registry.ndc.gov.vn", pattern=r"^[a-z0-9][-a-z0-9.]*(:\d+)?(/[-a-z0-9._]+)*$")


class Dns(Value):
    """The centre's DNS zone, its authoritative servers, and the address where it takes the traffic of services."""

    zone: str
    servers: tuple[str, ...] = ()
    entry: IPv4Address | None = None


class Site(Document):
    """One data centre (`inventory/sites/NAME.yaml`)."""

    KIND = "Site"

    kind: Literal["Site"] = "Site"
    name: Name
    title: Text
    location: Location
    status: SiteStatus
    power: Power
    halls: tuple[Hall, ...] = Field(min_length=1)
    pools: tuple[NodePool, ...] = Field(min_length=1)
    tiers: tuple[StorageTier, ...] = Field(min_length=1)
    network: Network
    kubernetes: KubernetesRef
    dns: Dns

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, path, parts in (
            ("hall", ("halls",), self.halls),
            ("pool", ("pools",), self.pools),
            ("tier", ("tiers",), self.tiers),
            ("zone", ("network", "zones"), self.network.zones),
        ):
            names = [part.name for part in parts]
            for index, name in enumerate(names):
                if name in names[:index]:
                    raise misplaced((*path, index, "name"), f"{what} '{name}' is declared twice")
        return self

    def pool(self, name: str) -> NodePool | None:
        """The node pool of that name, if there is one."""
        return next((pool for pool in self.pools if pool.name == name), None)

    def tier(self, name: str) -> StorageTier | None:
        """The storage tier of that name, if there is one."""
        return next((tier for tier in self.tiers if tier.name == name), None)
