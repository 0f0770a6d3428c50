"""Services of every kind of data, placed anywhere: what the simulation moves."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

from ndcops.model.document import Text
from ndcops.model.service import Classification, DatabaseNeed, Grade, Probe, Service, VolumeNeed, Workload

Data = Literal["none", "volume", "patroni", "cloudnativepg", "both"]


@cache
def service(name: str, data: Data, home: str, standby: str, needs: tuple[str, ...] = ()) -> Service:
    """A service of one stateless workload, and one with a volume when its data asks for it."""
    workloads = [_workload(name + "-web", None)]
    if data in ("volume", "both"):
        workloads.append(_workload(name + "-disk", VolumeNeed(tier="fast", size="1Gi", mount="/data")))
    engine = {"patroni": "patroni", "cloudnativepg": "cloudnativepg", "both": "cloudnativepg"}.get(data)
    return Service(
        id=name,
        title=Text(vi=name, en=name),
        owner="test",
        grade=Grade.B,
        classification=Classification.INTERNAL,
        zone="core",
        home=home,
        standby=standby,
        rpo_s=60,
        rto_s=3600,
        depends_on=needs,
        workloads=tuple(workloads),
        database=DatabaseNeed(engine=engine, size="1Gi", tier="fast") if engine else None,  # type: ignore[arg-type]
        dns_names=(f"{name}.ndc.gov.vn",),
    )


def _workload(name: str, volume: VolumeNeed | None) -> Workload:
    return Workload(
        name=name,
        image="registry.ndc.gov.vn/x:1",
        replicas=2,
        pool="general",
        cpu="1",
        memory="1Gi",
        port=8443,
        probe=Probe(path="/ready"),
        volume=volume,
        stateful=volume is not None,
    )


def places(sites: Sequence[str], first: int, second: int) -> tuple[str, str]:
    """Home and standby, never the same."""
    home = sites[first % len(sites)]
    others = [site for site in sites if site != home]
    return home, others[second % len(others)]
