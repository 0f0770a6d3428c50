"""Stack inputs for the tests of the stacks: centres of one shape, and systems between them."""

from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.site import Site
from ndcops.model.stack_input import StackInput


def site_document(name: str = "ndc1", number: int = 1) -> JsonObject:
    """A centre as its inventory file has it; `number` gives it ranges of its own."""
    base = f"10.{number * 10}"
    zones = ("public", "agency", "data", "management", "soc")
    return {
        "name": name,
        "title": {"vi": f"Trung tâm dữ liệu {number}", "en": f"Data centre {number}"},
        "location": {"place": "Hòa Lạc", "province": "Hà Nội", "latitude": 21.0, "longitude": 105.5},
        "status": "operating",
        "power": {"it_load_mw": 20, "feeds": 2, "redundancy": "2N", "as_of": "2025-08", "source": "sample"},
        "halls": [{"name": "h1", "power_mw": 10, "racks": {"count": 60, "units": 42, "power_kw": 15}}],
        "pools": [
            {"name": "general", "nodes": 60, "cpu_cores": 64, "memory": "512Gi", "hall": "h1", "racks": 20},
            {
                "name": "gpu",
                "nodes": 8,
                "cpu_cores": 128,
                "memory": "2Ti",
                "hall": "h1",
                "racks": 8,
                "gpu": {"count": 8, "model": "H100"},
                "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
            },
        ],
        "tiers": [
            _tier("fast", "nvme", "1Pi", replication="sync", iops_per_gib=50),
            _tier("standard", "ssd", "4Pi", replication="async", iops_per_gib=10),
            _tier("capacity", "hdd", "20Pi"),
            _tier("objects", "object", "40Pi", replication="async"),
        ],
        "network": {
            "pod_cidr": f"{base}.128.0/17",
            "service_cidr": f"172.{15 + number}.0.0/20",
            "extra_service_cidrs": [f"172.{15 + number}.16.0/20"],
            "zones": [
                {"name": zone, "kind": zone, "cidr": f"{base}.{index}.0/24"} for index, zone in enumerate(zones)
            ],
            "flows": [
                _flow("public", "agency", 8443, 8080),
                _flow("agency", "data", 5432, 8443),
                _flow("soc", "management", 6514),
                _flow("management", "data", 22),
            ],
        },
        "kubernetes": {"context": name},
        "dns": {"zone": f"{name}.ndc.gov.vn", "servers": [f"{base}.3.53"]},
    }


def _tier(name: str, media: str, usable: str, **more: object) -> JsonObject:
    return {"name": name, "media": media, "provisioner": "block.csi.ndc.gov.vn", "usable": usable} | {
        "encrypted": True,
        **more,
    }


def _flow(source: str, destination: str, *ports: int) -> JsonObject:
    return {"from": source, "to": destination, "ports": [{"port": port} for port in ports], "reason": "sample"}


def workload_document(name: str = "api", **more: object) -> JsonObject:
    """A workload of two replicas on the general pool."""
    return {
        "name": name,
        "image": f"registry.ndc.gov.vn/national/{name}:1.0",
        "replicas": 2,
        "pool": "general",
        "cpu": "2",
        "memory": "4Gi",
        "port": 8443,
        "probe": {"path": "/healthz"},
        **more,
    }


def service_document(service_id: str, **more: object) -> JsonObject:
    """A system of grade A in the data zone, at home in ndc1, with its standby in ndc2."""
    return {
        "id": service_id,
        "title": {"vi": service_id, "en": service_id},
        "owner": "mps",
        "grade": "A",
        "classification": "confidential",
        "zone": "data",
        "home": "ndc1",
        "standby": "ndc2",
        "rpo_s": 60,
        "rto_s": 900,
        "workloads": [workload_document()],
        **more,
    }


def services() -> tuple[Service, ...]:
    """A portal on a platform on two databases, and a GPU platform; homes and standbys crosswise."""
    volume = {"tier": "fast", "size": "2Ti", "mount": "/var/lib/data"}
    store = workload_document("store", replicas=3, stateful=True, volume=volume)
    database = {"engine": "patroni", "size": "4Ti", "tier": "fast"}
    cluster = {"engine": "cloudnativepg", "size": "1Ti", "tier": "standard", "members_per_site": 2}
    documents = [
        service_document("population", workloads=[workload_document(), store], database=database),
        service_document("integrated", depends_on=["population"], database=cluster),
        service_document(
            "portal",
            zone="public",
            classification="internal",
            depends_on=["exchange"],
            dns_names=["portal.ndc.gov.vn"],
            workloads=[workload_document("web", port=8080), workload_document("api")],
        ),
        service_document(
            "exchange", zone="agency", home="ndc2", standby="ndc1", depends_on=["population"], grade="B"
        ),
        service_document("siem", zone="soc", classification="secret", grade="C", depends_on=["population"]),
        service_document(
            "assistant", home="ndc2", standby="ndc1", grade="D", workloads=[workload_document(pool="gpu", gpus=4)]
        ),
    ]
    return tuple(Service.model_validate(document) for document in documents)


def stack_input(name: str = "ndc1", number: int = 1, **changes: object) -> StackInput:
    """The input of a site's stacks in the lab, before any layer was applied."""
    site = Site.model_validate(site_document(name, number))
    hosted = tuple(service for service in services() if name in (service.home, service.standby))
    given = StackInput(
        site=site,
        services=hosted,
        target="lab",
        kubeconfig="/state/lab/kubeconfig",
        context=f"lab-{name}",
        cluster_uid="11111111-2222-3333-4444-555555555555",
    )
    return given.model_copy(update=changes)
