"""A small inventory of three centres in a temporary folder, and what reading it says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ndcops.adapters.inventory_files import read_inventory
from ndcops.model.errors import InvalidInput
from ndcops.model.inventory import Inventory

SITE = """\
apiVersion: ndcops/v1
kind: Site
name: ndc@
title: {vi: Trung tâm @, en: Centre @}
location: {place: Hòa Lạc, province: Hà Nội, latitude: 21, longitude: 105.5}
status: operating
power: {it_load_mw: 2, feeds: 2, redundancy: 2N, as_of: 2026-01-31, source: a test}
halls:
  - name: hall-a
    power_mw: 1.5
    racks: {count: 10, units: 42, power_kw: 12}
pools:
  - name: general
    nodes: 20
    cpu_cores: 64
    memory: 512Gi
    hall: hall-a
    racks: 5
  - name: gpu
    nodes: 2
    cpu_cores: 128
    memory: 2Ti
    gpu: {count: 8, model: H100}
    hall: hall-a
    racks: 2
    node_power_w: 6000
tiers:
  - name: fast
    media: nvme
    provisioner: rbd.csi.ceph.com
    usable: 800Ti
    encrypted: true
network:
  pod_cidr: 10.@1.0.0/16
  service_cidr: 10.@2.0.0/18
  zones:
    - {name: public, kind: public, cidr: 10.@3.0.0/20}
    - name: data
      kind: data
      cidr: 10.@3.16.0/20
  flows:
    - from: public
      to: data
      ports: [{port: 5432}]
      reason: reads
kubernetes: {context: ndc@, registry: registry.example.vn}
dns:
  zone: ndc@.example.vn
"""

SERVICE = """\
apiVersion: ndcops/v1
kind: Service
id: portal
title: {vi: Cổng, en: Portal}
owner: an agency
grade: A
classification: public
zone: public
home: ndc1
standby: ndc2
rpo_s: 60
rto_s: 600
depends_on: [identity]
workloads:
  - name: web
    image: registry.example.vn/portal/web:1
    replicas: 2
    pool: general
    cpu: 2
    memory: 4Gi
    port: 8443
    probe: {path: /ready}
    volume: {tier: fast, size: 10Gi, mount: /var/lib/web}
database: {engine: patroni, size: 1Ti, tier: fast}
dns_names: [portal.example.vn]
"""

HOSTS = """\
all:
  vars:
    ansible_port: 22
  children:
    ndc1:
      hosts:
        ndc1-bastion-1:
          ansible_host: 10.13.0.11
          ndcops_rack: hall-a-r001
        ndc1-node-1:
          ansible_host: 10.13.0.12
          ndcops_pool: general
    bastion:
      hosts:
        ndc1-bastion-1:
    kubernetes_node:
      hosts:
        ndc1-node-1:
"""

COORDINATION = """\
apiVersion: ndcops/v1
kind: Coordination
members:
  - site: ndc1
    endpoint: https://etcd.ndc1.example.vn:2379
  - site: ndc2
    endpoint: https://etcd.ndc2.example.vn:2379
  - site: ndc3
    endpoint: https://etcd.ndc3.example.vn:2379
ca_file: ca.pem
"""

DOSSIER = """\
apiVersion: ndcops/v1
kind: Dossier
id: agency-x
title: {vi: Cơ quan X, en: Agency X}
as_of: 2026-01-31
contacts:
  - {name: Nguyễn Văn An, role: owner, email: an@example.vn}
systems:
  - id: x-records
    title: {vi: Hồ sơ, en: Records}
    classification: internal
    depends_on: [identity]
"""


class InventoryFiles:
    """A folder of files to spoil, and the problems that reading it names, without the folder's own path."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for number in "123":
            self.write(f"sites/ndc{number}.yaml", SITE.replace("@", number))
        self.write("services/portal.yaml", SERVICE)
        identity = SERVICE.replace("id: portal", "id: identity").replace(
            "depends_on: [identity]", "depends_on: []"
        )
        self.write("services/identity.yaml", identity.replace("portal.example.vn", "login.example.vn"))
        self.write("hosts.yaml", HOSTS)
        self.write("coordination.yaml", COORDINATION)
        self.write("agencies/agency-x/dossier.yaml", DOSSIER)

    def write(self, file: str, content: str | bytes) -> Path:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text()
        assert old in text, f"{file} has no {old!r}"
        self.write(file, text.replace(old, new))

    def read(self) -> Inventory:
        return read_inventory(self.root)

    def problems(self) -> list[str]:
        with pytest.raises(InvalidInput) as caught:
            self.read()
        return [detail.replace(f"{self.root}/", "") for detail in caught.value.details]


@pytest.fixture
def files(tmp_path: Path) -> InventoryFiles:
    return InventoryFiles(tmp_path / "inventory")


@pytest.fixture(scope="session")
def make_files() -> Callable[[Path], InventoryFiles]:
    return InventoryFiles
