"""Planned waves of moving in: which demand comes when, to which site, with which standby."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from ndcops.model.document import Document, Name, Value, misplaced
from ndcops.model.quantity import ByteQuantity, CpuQuantity


class WaveWorkload(Value):
    """Equal replicas that a wave brings; requests are per replica."""

    name: Name
    pool: Name
    replicas: int = Field(ge=1, le=100_000)
    cpu: CpuQuantity
    memory: ByteQuantity
    gpus: int = Field(ge=0, le=64, default=0)


class WaveStorage(Value):
    """Bytes of a tier that a wave brings, at its home and, as a copy, at its standby."""

    tier: Name
    size: ByteQuantity


class WaveDemand(Value):
    """What a wave brings to one site; without a standby it stays away while that site is lost."""

    home: Name
    standby: Name | None = None
    workloads: tuple[WaveWorkload, ...] = ()
    storage: tuple[WaveStorage, ...] = ()

    @model_validator(mode="after")
    def _standby_differs(self) -> Self:
        if self.home == self.standby:
            raise misplaced(
                ("standby",), f"home and standby are both '{self.home}': such a standby protects nothing"
            )
        return self


class Wave(Value):
    """Demand that arrives together, on `day`."""

    name: Name
    day: date
    demand: tuple[WaveDemand, ...] = Field(min_length=1)


class WavePlan(Document):
    """The waves that are planned (`inventory/waves.yaml`)."""

    KIND = "WavePlan"

    kind: Literal["WavePlan"] = "WavePlan"
    as_of: date
    source: str = Field(min_length=1)
    waves: tuple[Wave, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [wave.name for wave in self.waves]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise misplaced(("waves", index, "name"), f"wave '{name}' is planned twice")
        return self

    def wave(self, name: str) -> Wave | None:
        """The wave of that name, if it is planned."""
        return next((wave for wave in self.waves if wave.name == name), None)
