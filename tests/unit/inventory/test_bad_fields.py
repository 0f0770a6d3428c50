"""Fields that do not fit their kind: file, line, field, what is wrong, what was expected."""
# ruff: noqa: E501 - messages stand here as people see them

import pytest

from ndcops.adapters.inventory_files import json_schemas
from ndcops.adapters.inventory_files.wording import PATTERN_WORDS

SITE, SERVICE, DOSSIER, STORE = (
    "sites/ndc1.yaml",
    "services/portal.yaml",
    "agencies/agency-x/dossier.yaml",
    "coordination.yaml",
)
POOL_FIELDS = "architecture, cpu_cores, gpu, hall, labels, memory, name, node_power_w, node_units, nodes, pods, racks, taints"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (SITE, "memory: 512Gi", "memory: 1.5Gi2",
         "16: pools[0].memory: '1.5Gi2' is not a quantity; expected for example 500m, 16, 512Gi or 2Ti"),
        (SITE, "usable: 800Ti", "usable: 800m",
         "31: tiers[0].usable: '800m' is not a whole number of bytes; expected for example 512Gi or 2Ti"),
        (SITE, "usable: 800Ti", "usable: -5", "31: tiers[0].usable: '-5' is too small; expected more than zero"),
        (SITE, "usable: 800Ti", "usable: 9Ei", "31: tiers[0].usable: '9Ei' is too large; expected less than 8Ei"),
        (SITE, "usable: 800Ti", "usable: 800TB",
         "31: tiers[0].usable: '800TB' is not a quantity; expected for example 500m, 16, 512Gi or 2Ti"),
        (SITE, "    memory: 512Gi\n", "",
         "13: pools[0].memory: is missing; expected a quantity such as 500m or 512Gi"),
        (SITE, "    racks: 5\n", "    racks: 5\n    rakcs: 5\n",
         f"19: pools[0].rakcs: unknown field; expected one of {POOL_FIELDS}; did you mean 'racks'?"),
        (SITE, "nodes: 20", "nodes: '20'",
         "14: pools[0].nodes: '20' is text; expected a whole number from 1 to 10000"),
        (SITE, "nodes: 20", "nodes: yes", "14: pools[0].nodes: 'yes' is text; expected a whole number from 1 to 10000"),
        (SITE, "nodes: 20", "nodes: 020", "14: pools[0].nodes: '020' is text; expected a whole number from 1 to 10000"),
        (SITE, "nodes: 20", "nodes: true",
         "14: pools[0].nodes: true is a boolean; expected a whole number from 1 to 10000"),
        (SITE, "nodes: 20", "nodes:", "14: pools[0].nodes: null is nothing; expected a whole number from 1 to 10000"),
        (SITE, "nodes: 20", "nodes: 0", "14: pools[0].nodes: 0 is out of range; expected a whole number from 1 to 10000"),
        (SITE, "power_mw: 1.5", "power_mw: 0", "10: halls[0].power_mw: 0 is out of range; expected a number more than 0"),
        (SITE, "it_load_mw: 2", "it_load_mw: 1e999",
         "7: power.it_load_mw: '1e999' is text; expected a number more than 0 and at most 1000"),
        (SITE, "latitude: 21", "latitude: .nan",
         "5: location.latitude: '.nan' is text; expected a number from -90 to 90"),
        (SITE, "encrypted: true", "encrypted: yes", "32: tiers[0].encrypted: 'yes' is text; expected true or false"),
        (SITE, "status: operating", "status: operational",
         "6: status: 'operational' is not known; expected one of operating, building, planned; "
         "did you mean 'operating'?"),
        (SITE, "redundancy: 2N", "redundancy: N+2",
         "7: power.redundancy: 'N+2' is not known; expected one of N, N+1, 2N; did you mean 'N+1'?"),
        (SITE, "as_of: 2026-01-31", "as_of: 2026",
         "7: power.as_of: 2026 is a whole number; expected text (put quotes around it)"),
        (SITE, "name: hall-a", "name: Hall_A",
         "9: halls[0].name: 'Hall_A' does not fit; expected lower-case letters, digits and hyphens, at most 63"),
        (SITE, "name: gpu", "name: general", "19: pools[1].name: pool 'general' is declared twice"),
        (SITE, "10.13.16.0/20", "10.13.16.1/20",
         "40: network.zones[1].cidr: '10.13.16.1/20' has host bits set; expected a network, "
         "for example 10.16.0.0/16; did you mean '10.13.16.0/20'?"),
        (SITE, "10.13.16.0/20", "10.13.16/20",
         "40: network.zones[1].cidr: '10.13.16/20' is not an IPv4 network; expected a network, "
         "for example 10.16.0.0/16"),
        (SITE, "title: {vi: Trung tâm 1, en: Centre 1}", "title: Centre 1",
         "4: title: 'Centre 1' is text; expected a mapping"),
        (SITE, "ports: [{port: 5432}]", "ports: []",
         "44: network.flows[0].ports: is empty; expected a list of at least 1"),
        (SITE, "ports: [{port: 5432}]", "ports: [{port: 70000}]",
         "44: network.flows[0].ports[0].port: 70000 is out of range; expected a whole number from 1 to 65535"),
        (SITE, "reason: reads", "reason: ''", "45: network.flows[0].reason: is empty; expected text"),
        (SITE, "    - from: public", "    - source: public\n      from: public",
         "42: network.flows[0].source: unknown field; expected one of from, ports, reason, to"),
        (SITE, "name: ndc1", "name: ndc9", "3: name: 'ndc9' is not what the file is called; expected 'ndc1'"),
        (SITE, "kind: Site", "kind: Service", "2: kind: 'Service' does not belong here; expected 'Site'"),
        (SITE, "kind: Site\n", "", "1: kind: is missing; expected 'Site'"),
        (SITE, "apiVersion: ndcops/v1\n", "", "1: apiVersion: is missing; expected 'ndcops/v1'"),
        (SITE, "ndcops/v1", "ndcops/v2", "1: apiVersion: 'ndcops/v2' is newer than this release of ndcops, "
         "which reads up to 'ndcops/v1'; upgrade ndcops"),
        (SITE, "ndcops/v1", "v1", "1: apiVersion: 'v1' is not a version; expected 'ndcops/v1'"),
        (SERVICE, "standby: ndc2", "standby: ndc1",
         "10: standby: home and standby are both 'ndc1': such a standby protects nothing"),
        (SERVICE, "mount: /var", "mount: var",
         "23: workloads[0].volume.mount: 'var/lib/web' does not fit; expected an absolute path like /var/lib/data"),
        (SERVICE, "path: /ready", "path: ready",
         "22: workloads[0].probe.path: 'ready' does not fit; expected a path that begins with /"),
        (SERVICE, "rto_s: 600", "rto_s: 1.5", "12: rto_s: 1.5 is a number; expected a whole number of at least 1"),
        (SERVICE, "cpu: 2", "cpu: two",
         "19: workloads[0].cpu: 'two' is not a quantity; expected for example 500m, 16, 512Gi or 2Ti"),
        (SERVICE, "cpu: 2", "cpu: [2]",
         "19: workloads[0].cpu: this (1 entries) is a list; expected a quantity such as 500m or 512Gi"),
        (SERVICE, "image: registry.example.vn/portal/web:1", "image: 1.5",
         "16: workloads[0].image: 1.5 is a number; expected text (put quotes around it)"),
        (SERVICE, "id: portal", "id: gate", "3: id: 'gate' is not what the file is called; expected 'portal'"),
        (DOSSIER, "as_of: 2026-01-31", "as_of: 31/01/2026",
         "5: as_of: '31/01/2026' does not fit; expected a date, for example 2026-01-31"),
        (DOSSIER, "an@example.vn", "an", "7: contacts[0].email: 'an' does not fit; expected an e-mail address"),
        (STORE, "https://etcd.ndc3", "http://etcd.ndc3",
         "9: members[2].endpoint: 'http://etcd.ndc3.example.vn:2379' does not fit; "
         "expected an address like https://etcd.example.vn:2379"),
        (STORE, "ca_file", "lease: 3\nca_file",
         "10: lease: unknown field; expected one of apiVersion, ca_file, kind, lease_s, members; "
         "did you mean 'lease_s'?"),
    ],
)  # fmt: skip
def test_names_file_line_and_field(files, file, old, new, expected):
    files.edit(file, old, new)
    assert files.problems() == [f"{file}:{expected}"]


def test_all_problems_of_all_files_come_at_once(files):
    files.edit(SITE, "nodes: 20", "nodes: 0")
    files.edit(SITE, "encrypted: true", "encrypted: maybe")
    files.edit("sites/ndc2.yaml", "kind: data\n", "kind: dta\n")
    files.edit(SERVICE, "[identity]", "[idntity]")
    files.write("sites/ndc3.yaml", "a: [")
    found = [problem.rsplit(": ", 3)[0].split(": ")[0] for problem in files.problems()]
    assert found == [
        "services/portal.yaml:13",
        "sites/ndc1.yaml:14",
        "sites/ndc1.yaml:32",
        "sites/ndc2.yaml:39",
        "sites/ndc3.yaml:2:1",
    ]


def test_an_unreadable_file_does_not_make_its_name_unknown(files):
    files.write(SITE, "a: [")
    files.write("services/identity.yaml", "")
    assert [problem.split(":")[0] for problem in files.problems()] == ["services/identity.yaml", SITE]


def test_two_files_with_one_id_name_each_other(files):
    files.edit(SERVICE, "id: portal", "id: identity")
    assert files.problems() == [
        "services/portal.yaml:3: id: 'identity' is already that of services/identity.yaml; expected one of its own",
        "services/portal.yaml:3: id: 'identity' is not what the file is called; expected 'portal'",
    ]


def test_what_a_terminal_would_obey_is_shown_as_text(files):
    files.edit(SITE, "status: operating", 'status: "\\e[2Jopen\\n\\u202E"')
    assert files.problems() == [
        r"sites/ndc1.yaml:6: status: '\x1b[2Jopen\n\u202e' is not known; expected one of operating, building, planned"
    ]


def test_a_very_long_name_is_cut(files):
    files.edit(SITE, "status: operating", f"status: operating\n{'x' * 900}: 1")
    (problem,) = files.problems()
    assert problem.startswith("sites/ndc1.yaml:7: xxx")
    assert len(problem) < 700


def test_every_pattern_of_every_kind_has_words():
    def patterns(node):
        if isinstance(node, dict):
            if isinstance(node.get("pattern"), str):
                yield node["pattern"]
            for value in node.values():
                yield from patterns(value)
        elif isinstance(node, list):
            for value in node:
                yield from patterns(value)

    assert set(patterns(json_schemas())) == set(PATTERN_WORDS)
