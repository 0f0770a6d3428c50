"""A landing zone: the place of one agency's systems at one site, as `stacks/agency` makes it in the cluster."""

from ipaddress import IPv4Network
from typing import Literal, Self

from pydantic import Field, model_validator

from ndcops.model.document import Name, Text, Value
from ndcops.model.quantity import ByteQuantity
from ndcops.model.service import Classification


class ZonePeer(Value):
    """Who is at the other end of a flow: exactly one of these.

    service: pods of a hosted service in its zone. zone: all pods of a zone. system: pods of another landing zone's
    system. addresses: machines outside of the cluster.
    """

    service: Name | None = None
    zone: Name | None = None
    system: Name | None = None
    addresses: IPv4Network | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        named = [self.zone is not None, self.system is not None, self.addresses is not None]
        if sum(named) != 1 or (self.service is not None and self.zone is None):
            raise ValueError("a peer is one zone (or a service in it), one system, or one range of addresses")
        return self


class ZoneFlow(Value):
    """Traffic that is authorised. reason: who authorised it.

    name: unique in its system and direction; one with a dot is no system's or service's.
    """

    name: str = Field(pattern=r"^[a-z0-9][-a-z0-9.]{0,90}$")
    direction: Literal["in", "out"]
    peers: tuple[ZonePeer, ...] = Field(min_length=1)
    ports: tuple[int, ...] = Field(min_length=1)
    reason: str = Field(min_length=1)


class DatabasePlace(Value):
    """Where a database will be: who keeps it alive, on which tier, how large, how many members a site."""

    database: Name
    engine: Literal["patroni", "cloudnativepg"]
    tier: Name
    size: ByteQuantity
    members_per_site: int = Field(ge=1, le=5)


class ZoneSize(Value):
    """What a system may take. storage: bytes that it may claim in the cluster, by tier."""

    cpu_cores: int = Field(ge=1)
    memory: ByteQuantity
    pods: int = Field(ge=1)
    storage: dict[Name, ByteQuantity]


class ZoneSystem(Value):
    """One system's part: a namespace of its own. groups: of the agency, who may work in it."""

    system: Name
    title: Text
    classification: Classification
    cost_centre: Name
    role: Literal["home", "standby"]
    groups: tuple[Name, ...] = Field(min_length=1)
    size: ZoneSize
    databases: tuple[DatabasePlace, ...] = ()
    flows: tuple[ZoneFlow, ...] = ()


class LandingZone(Value):
    """What one stack makes. zone: the site's network zone whose rules of admission hold here."""

    agency: Name
    title: Text
    site: Name
    zone: Name
    systems: tuple[ZoneSystem, ...] = Field(min_length=1)

    def system(self, system_id: str) -> ZoneSystem | None:
        """The part of that system, if it has one here."""
        return next((each for each in self.systems if each.system == system_id), None)
