"""Small sites for the lab's tests, and the sample inventory's shape for its trials."""

from ndcops.model.inventory import Inventory
from ndcops.model.site import NodePool, Site


def sample_pool(name: str = "general", nodes: int = 10, **changes: object) -> NodePool:
    fields = {"name": name, "nodes": nodes, "cpu_cores": 64, "memory": "512Gi", "hall": "hall-a", "racks": 4}
    return NodePool.model_validate(fields | changes)


def sample_site(index: int = 1, *pools: NodePool, status: str = "operating") -> Site:
    name = f"ndc{index}"
    return Site.model_validate(
        {
            "name": name,
            "title": {"vi": f"Trung tâm {index}", "en": f"Centre {index}"},
            "location": {"place": "Hoà Lạc", "province": "Hà Nội", "latitude": 21.0, "longitude": 105.5},
            "status": status,
            "power": {"it_load_mw": 10, "feeds": 2, "redundancy": "2N", "as_of": "2026-01", "source": "test"},
            "halls": [{"name": "hall-a", "power_mw": 5, "racks": {"count": 40, "units": 42, "power_kw": 12}}],
            "pools": pools or (sample_pool(),),
            "tiers": [
                {"name": "fast", "media": "nvme", "provisioner": "csi.test", "usable": "10Ti", "encrypted": True}
            ],
            "network": {
                "pod_cidr": f"10.{100 + index}.0.0/16",
                "service_cidr": f"10.{120 + index}.0.0/20",
                "zones": [{"name": "data", "kind": "data", "cidr": f"10.{index}.0.0/16"}],
            },
            "kubernetes": {"context": name},
            "dns": {"zone": f"{name}.test"},
        }
    )


def sample_inventory(sites: int = 3, *pools: NodePool) -> Inventory:
    return Inventory(sites=tuple(sample_site(index, *pools) for index in range(1, sites + 1)))
