"""A small country: centres, systems, and reports of their condition."""

from ndcops.model.inventory import Inventory
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.site import Site
from ndcops.model.site_status import PoolStatus, ServiceStatus, SiteCondition, SiteReport, StatusReport


def site(number: int, **more: object) -> Site:
    """The centre `ndcN`, with one hall, two pools, two tiers and three zones."""
    document: JsonObject = {
        "name": f"ndc{number}",
        "title": {"vi": f"Trung tâm số {number}", "en": f"Centre No. {number}"},
        "location": {"place": "Hòa Lạc", "province": "Hà Nội", "latitude": 21.0, "longitude": 105.5},
        "status": "operating",
        "power": {"it_load_mw": 18.5, "feeds": 2, "redundancy": "2N", "as_of": "2025-08", "source": "hồ sơ mời"},
        "halls": [{"name": "hall-a", "power_mw": 4, "racks": {"count": 30, "units": 42, "power_kw": 15}}],
        "pools": [
            {"name": "general", "nodes": 40, "cpu_cores": 64, "memory": "512Gi", "hall": "hall-a", "racks": 20},
            {
                "name": "gpu",
                "nodes": 4,
                "cpu_cores": 128,
                "memory": "1536Gi",
                "hall": "hall-a",
                "racks": 4,
                "node_units": 8,
                "gpu": {"count": 8, "model": "H100"},
            },
        ],
        "tiers": [_tier("fast", "nvme", "1Pi", encrypted=True), _tier("cold", "object", "40Pi", encrypted=False)],
        "network": {
            "pod_cidr": f"10.{number}0.128.0/17",
            "service_cidr": f"172.{15 + number}.0.0/20",
            "zones": [
                {"name": zone, "kind": zone, "cidr": f"10.{number}0.{index}.0/24"}
                for index, zone in enumerate(("public", "data", "soc"))
            ],
            "flows": [
                {"from": "public", "to": "data", "ports": [{"port": 5432}, {"port": 443}], "reason": "portal"},
                {"from": "data", "to": "soc", "ports": [{"port": 514, "protocol": "UDP"}], "reason": "logs"},
            ],
        },
        "kubernetes": {"context": f"ndc{number}"},
        "dns": {"zone": f"ndc{number}.example.vn"},
    }
    return Site.model_validate(document | more)


def _tier(name: str, media: str, usable: str, *, encrypted: bool) -> JsonObject:
    return {"name": name, "media": media, "provisioner": "csi", "usable": usable, "encrypted": encrypted}


def service(service_id: str, home: str = "ndc1", standby: str = "ndc2", **more: object) -> Service:
    """A system of one workload with two replicas."""
    document: JsonObject = {
        "id": service_id,
        "title": {"vi": f"Hệ thống {service_id}", "en": f"System {service_id}"},
        "owner": "Bộ Công an",
        "grade": "A",
        "classification": "internal",
        "zone": "data",
        "home": home,
        "standby": standby,
        "rpo_s": 60,
        "rto_s": 900,
        "workloads": [
            {
                "name": "api",
                "image": "registry.example.vn/api:1",
                "replicas": 2,
                "pool": "general",
                "cpu": "2",
                "memory": "4Gi",
                "port": 8443,
                "probe": {"path": "/ready"},
            }
        ],
    }
    return Service.model_validate(document | more)


def condition(centre: Site, hosted: tuple[Service, ...]) -> SiteReport:
    """A centre where everything is ready."""
    pools = tuple(PoolStatus(pool=pool.name, nodes=pool.nodes, ready=pool.nodes) for pool in centre.pools)
    wanted = {entry.id: 2 if entry.home == centre.name else 0 for entry in hosted}
    services = tuple(ServiceStatus(service=name, replicas=count, ready=count) for name, count in wanted.items())
    found = SiteCondition(site=centre.name, version="v1.36.2", pools=pools, services=services)
    return SiteReport(site=centre.name, condition=found, objects={"network": 118, "storage": 41, "compute": 152})


def whole_report(inventory: Inventory, target: str = "lab") -> StatusReport:
    """A report in which every centre of `inventory` answers and is whole."""
    return StatusReport(
        target=target,
        taken_at="2026-11-22T09:41:30+00:00",
        sites=tuple(condition(centre, inventory.services_at(centre.name)) for centre in inventory.sites),
        simulated=("nodes and pods (KWOK)", "a thing of its own"),
    )


def replaced(report: StatusReport, entry: SiteReport) -> StatusReport:
    """The report with another entry for one of its sites."""
    sites = tuple(entry if old.site == entry.site else old for old in report.sites)
    return report.model_copy(update={"sites": sites})


def silent(name: str, problem: str = "connection refused") -> SiteReport:
    """A centre that does not answer."""
    return SiteReport(site=name, condition=None, problem=problem, objects={"network": 118, "storage": None})
