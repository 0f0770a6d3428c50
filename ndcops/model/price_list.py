"""A price list: what nodes, storage units and power extensions cost, take and bring, and when it was asked for."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from ndcops.model.document import Document, Name, Value, misplaced
from ndcops.model.quantity import ByteQuantity


class Sku(Value):
    """What every article has: price in millions of VND, quarters from order to service."""

    name: Name
    title: str = ""
    price_vnd_millions: int = Field(ge=1)
    lead_quarters: int = Field(ge=0, le=20, default=1)


class NodeSku(Sku):
    """A server: its whole capacity, before reservations and DaemonSets; `pools` empty serves any pool."""

    cpu_cores: int = Field(ge=1, le=4096)
    memory: ByteQuantity
    gpus: int = Field(ge=0, le=64, default=0)
    pods: int = Field(ge=1, le=1000, default=110)
    power_w: int = Field(ge=1, le=50_000)
    rack_units: int = Field(ge=1, le=60)
    pools: tuple[Name, ...] = ()


class StorageSku(Sku):
    """A storage unit of one tier: usable bytes after redundancy inside it."""

    tier: Name
    usable: ByteQuantity
    power_w: int = Field(ge=1, le=50_000)
    rack_units: int = Field(ge=1, le=60)


class PowerSku(Sku):
    """An extension of a site's IT load, both sides of a redundant feed included."""

    power_kw: int = Field(ge=1, le=100_000)


class PriceList(Document):
    """Articles on sale (`inventory/prices.yaml`); `as_of` and `source` tell whose prices of which day they are."""

    KIND = "PriceList"

    kind: Literal["PriceList"] = "PriceList"
    currency: Literal["VND"] = "VND"
    as_of: date
    source: str = Field(min_length=1)
    nodes: tuple[NodeSku, ...] = Field(min_length=1)
    storage: tuple[StorageSku, ...] = ()
    power: tuple[PowerSku, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        seen: set[str] = set()
        for part, skus in (("nodes", self.nodes), ("storage", self.storage), ("power", self.power)):
            for index, sku in enumerate(skus):
                if sku.name in seen:
                    raise misplaced((part, index, "name"), f"SKU '{sku.name}' is declared twice")
                seen.add(sku.name)
        return self
