"""Contradictions between declarations, each at the line that has to change."""
# ruff: noqa: E501 - messages stand here as people see them

import pytest

SITE, OTHER, PORTAL, IDENTITY, STORE, DOSSIER = (
    "sites/ndc1.yaml",
    "sites/ndc2.yaml",
    "services/portal.yaml",
    "services/identity.yaml",
    "coordination.yaml",
    "agencies/agency-x/dossier.yaml",
)
ROUND = "expected no cycle (it has no recovery order)"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (SITE, "10.13.16.0/20", "10.13.0.0/24",
         ["sites/ndc1.yaml:40: network.zones[1].cidr: 10.13.0.0/24 (zone 'data') overlaps 10.13.0.0/20 "
          "(zone 'public'); expected ranges that are apart"]),
        (SITE, "10.12.0.0/18", "10.11.64.0/18",
         ["sites/ndc1.yaml:35: network.service_cidr: 10.11.64.0/18 (the service range) overlaps 10.11.0.0/16 "
          "(the pod range); expected ranges that are apart"]),
        (OTHER, "10.23.0.0/20", "10.13.0.0/20",
         ["sites/ndc2.yaml:37: network.zones[0].cidr: 10.13.0.0/20 (zone 'public') overlaps 10.13.0.0/20 "
          "(zone 'public' of ndc1); expected ranges that are apart"]),
        (SITE, "  zones:", "  extra_service_cidrs: [10.20.0.0/14]\n  zones:",
         ["sites/ndc2.yaml:34: network.pod_cidr: 10.21.0.0/16 (the pod range) overlaps 10.20.0.0/14 "
          "(extra service range 1 of ndc1); expected ranges that are apart",
          "sites/ndc2.yaml:35: network.service_cidr: 10.22.0.0/18 (the service range) overlaps 10.20.0.0/14 "
          "(extra service range 1 of ndc1); expected ranges that are apart",
          "sites/ndc2.yaml:37: network.zones[0].cidr: 10.23.0.0/20 (zone 'public') overlaps 10.20.0.0/14 "
          "(extra service range 1 of ndc1); expected ranges that are apart",
          "sites/ndc2.yaml:40: network.zones[1].cidr: 10.23.16.0/20 (zone 'data') overlaps 10.20.0.0/14 "
          "(extra service range 1 of ndc1); expected ranges that are apart"]),
        (SITE, "pod_cidr: 10.11.0.0/16", "pod_cidr: 10.11.0.0/22",
         ["sites/ndc1.yaml:34: network.pod_cidr: 10.11.0.0/22 has 1024 addresses, but the pools may run 2420 pods; "
          "expected a larger range"]),
        (SITE, "to: data\n", "to: dta\n",
         ["sites/ndc1.yaml:43: network.flows[0].to: zone 'dta' is not declared; expected one of data, public; "
          "did you mean 'data'?"]),
        (OTHER, "context: ndc2", "context: ndc1",
         ["sites/ndc2.yaml:46: kubernetes.context: the Kubernetes context 'ndc1' is already that of Site/ndc1; "
          "expected one of its own"]),
        (OTHER, "zone: ndc2.example.vn", "zone: NDC1.example.vn.",
         ["sites/ndc2.yaml:48: dns.zone: the DNS zone 'ndc1.example.vn' is already that of Site/ndc1; "
          "expected one of its own"]),
        (SITE, "hall: hall-a\n    racks: 5", "hall: hall-b\n    racks: 5",
         ["sites/ndc1.yaml:17: pools[0].hall: hall 'hall-b' is not declared; expected one of hall-a; "
          "did you mean 'hall-a'?"]),
        (SITE, "racks: 5", "racks: 11",
         ["sites/ndc1.yaml:18: pools[0].racks: 11 racks, but hall 'hall-a' has 10; expected at most that"]),
        (SITE, "    racks: 5\n", "    racks: 5\n    node_units: 11\n    node_power_w: 100\n",
         ["sites/ndc1.yaml:18: pools[0].racks: rack hall-a-r001 would hold 45 units of nodes (pools 'general', "
          "'gpu'), but has 42; expected more racks or fewer nodes"]),
        (SITE, "    racks: 5\n", "    racks: 2\n",
         ["sites/ndc1.yaml:18: pools[0].racks: rack hall-a-r001 would draw 14 kW (pools 'general', 'gpu'), but is "
          "fed with 12 kW; expected more racks or fewer nodes"]),
        (SITE, "power_mw: 1.5", "power_mw: 0.02",
         ["sites/ndc1.yaml:13: pools[0].node_power_w: the nodes in hall 'hall-a' take 0.028 MW, but the hall has "
          "0.02 MW; expected fewer nodes or another hall"]),
        (SITE, "power_mw: 1.5", "power_mw: 2.5",
         ["sites/ndc1.yaml:8: halls: the halls take 2.5 MW together, but the centre's IT load is 2 MW; "
          "expected at most that"]),
        (PORTAL, "home: ndc1", "home: ndc9",
         ["services/portal.yaml:9: home: site 'ndc9' is not declared; expected one of ndc1, ndc2, ndc3"]),
        (PORTAL, "zone: public", "zone: pubic",
         ["services/portal.yaml:8: zone: zone 'pubic' is not declared at ndc1 (home); expected one of data, public; "
          "did you mean 'public'?",
          "services/portal.yaml:8: zone: zone 'pubic' is not declared at ndc2 (standby); expected one of data, "
          "public; did you mean 'public'?"]),
        (OTHER, "name: fast", "name: quick",
         [f"services/{name}.yaml:{line}: {field}: tier 'fast' is not declared at ndc2 (standby); expected one of quick"
          for name in ("identity", "portal")
          for line, field in ((23, "workloads[0].volume.tier"), (24, "database.tier"))]),
        (OTHER, "name: general", "name: plain",
         [f"services/{name}.yaml:18: workloads[0].pool: pool 'general' is not declared at ndc2 (standby); "
          "expected one of gpu, plain" for name in ("identity", "portal")]),
        (OTHER, "cpu_cores: 64", "cpu_cores: 1",
         [f"services/{name}.yaml:19: workloads[0].cpu: a replica asks for 2 cores, but a node of pool 'general' at "
          "ndc2 (standby) has 1; expected at most that" for name in ("identity", "portal")]),
        (OTHER, "memory: 512Gi", "memory: 4000Mi",
         [f"services/{name}.yaml:20: workloads[0].memory: a replica asks for 4Gi, but a node of pool 'general' at "
          "ndc2 (standby) has 4000Mi; expected at most that" for name in ("identity", "portal")]),
        (OTHER, "    gpu: {count: 8, model: H100}\n", "", []),
        (PORTAL, "cpu: 2", "cpu: 2\n    gpus: 1",
         [f"services/portal.yaml:20: workloads[0].gpus: a replica asks for GPUs (1), but a node of pool 'general' "
          f"at {site} has none; expected a pool with a GPU" for site in ("ndc1 (home)", "ndc2 (standby)")]),
        (PORTAL, "pool: general\n    cpu: 2", "pool: gpu\n    cpu: 2\n    gpus: 9",
         [f"services/portal.yaml:20: workloads[0].gpus: a replica asks for 9 GPUs, but a node of pool 'gpu' at {site} "
          "has 8; expected at most that" for site in ("ndc1 (home)", "ndc2 (standby)")]),
        (PORTAL, "registry.example.vn/", "docker.io/",
         [f"services/portal.yaml:16: workloads[0].image: 'docker.io/portal/web:1' does not come from the registry at "
          f"{site}; expected registry.example.vn/..." for site in ("ndc1 (home)", "ndc2 (standby)")]),
        (OTHER, "status: operating", "status: planned",
         ["coordination.yaml:6: members[1].site: site 'ndc2' is only planned; expected an operating site or one "
          "being built",
          "services/identity.yaml:10: standby: site 'ndc2' is only planned; expected an operating site or one being "
          "built",
          "services/portal.yaml:10: standby: site 'ndc2' is only planned; expected an operating site or one being "
          "built"]),
        (PORTAL, "[identity]", "[idntity]",
         ["services/portal.yaml:13: depends_on[0]: service 'idntity' is not declared; expected one of identity, "
          "portal, x-records; did you mean 'identity'?"]),
        (PORTAL, "[identity]", "[portal]",
         [f"services/portal.yaml:13: depends_on[0]: the dependencies go round: portal → portal; {ROUND}"]),
        (IDENTITY, "depends_on: []", "depends_on: [portal]",
         [f"services/identity.yaml:13: depends_on[0]: the dependencies go round: identity → portal → identity; {ROUND}"]),
        (IDENTITY, "depends_on: []", "depends_on: [x-records]",
         ["services/identity.yaml:13: depends_on[0]: the dependencies go round: identity → x-records → identity; "
          f"{ROUND}"]),
        (PORTAL, "portal.example.vn]", "Login.Example.vn]",
         ["services/portal.yaml:25: dns_names[0]: the DNS name 'login.example.vn' is already that of "
          "Service/identity; expected one of its own"]),
        (DOSSIER, "id: x-records", "id: portal",
         ["agencies/agency-x/dossier.yaml:9: systems[0].id: the id 'portal' is already that of Service/portal; "
          "expected one of its own"]),
        (DOSSIER, "    depends_on", "    service: portl\n    depends_on",
         ["agencies/agency-x/dossier.yaml:12: systems[0].service: service 'portl' is not declared; expected one of "
          "identity, portal; did you mean 'portal'?"]),
        (STORE, "site: ndc3", "site: ndc5",
         ["coordination.yaml:8: members[2].site: site 'ndc5' is not declared; expected one of ndc1, ndc2, ndc3"]),
        (STORE, "site: ndc3", "site: ndc2",
         ["coordination.yaml:3: members: without ndc2 only 1 of 3 members are left, and 2 make a majority; "
          "expected members at more sites"]),
        (STORE, "etcd.ndc3", "etcd.ndc2",
         ["coordination.yaml:9: members[2].endpoint: 'https://etcd.ndc2.example.vn:2379' is given to two members; "
          "expected one of its own"]),
    ],
)  # fmt: skip
def test_names_the_contradiction(files, file, old, new, expected):
    files.edit(file, old, new)
    if expected:
        assert files.problems() == expected
    else:
        files.read()


def test_every_cycle_is_named_once(files):
    for name, needs in (("a", "b"), ("b", "c"), ("c", "a, e"), ("d", "e"), ("e", "d")):
        service = (files.root / PORTAL).read_text().replace("id: portal", f"id: {name}")
        files.write(
            f"services/{name}.yaml", service.replace("[identity]", f"[{needs}]").replace("portal.ex", f"{name}.ex")
        )
    assert files.problems() == [
        f"services/a.yaml:13: depends_on[0]: the dependencies go round: a → b → c → a; {ROUND}",
        f"services/d.yaml:13: depends_on[0]: the dependencies go round: d → e → d; {ROUND}",
    ]


def test_an_even_number_of_members_is_refused(files):
    files.write("sites/ndc4.yaml", (files.root / SITE).read_text().replace("ndc1", "ndc4").replace("10.1", "10.4"))
    files.edit(STORE, "ca_file", "  - {site: ndc4, endpoint: 'https://etcd.ndc4.example.vn:2379'}\nca_file")
    assert files.problems() == [
        "coordination.yaml:3: members: 4 members stand no more losses than 3; expected an odd number"
    ]


def test_services_and_hosts_are_optional(files):
    for file in (PORTAL, IDENTITY, DOSSIER, "hosts.yaml", STORE):
        (files.root / file).unlink()
    (files.root / "agencies/agency-x").rmdir()
    inventory = files.read()
    assert (inventory.services, inventory.hosts, inventory.coordination) == ((), (), None)


def test_the_databases_store_obeys_the_same_rules(files):
    store = files.root.joinpath("coordination.yaml").read_text()
    files.write("databases.yaml", store.replace("kind: Coordination", "kind: DatabaseStore"))
    assert files.read().databases is not None
    files.edit("databases.yaml", "site: ndc3", "site: ndc2")
    assert files.problems() == [
        "databases.yaml:3: members: without ndc2 only 1 of 3 members are left, and 2 make a majority; "
        "expected members at more sites"
    ]
