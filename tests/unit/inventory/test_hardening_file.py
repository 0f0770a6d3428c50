"""hardening.yaml and waivers.yaml: what is wrong is named with file, line and field."""

import pytest

HARDENING = """\
apiVersion: ndcops/v1
kind: Baseline
operators: [operator]
admin_sources: [10.0.0.0/24]
mirror: http://packages.example.vn/debian
time_servers: [{name: time.example.vn}]
siem: {host: siem.example.vn, ca_file: ca.pem}
banner: {vi: Cấm, en: Keep out}
roles:
  database_host:
    flows:
      - name: postgresql
        ports: ["5432"]
        sources: [bastion]
"""
WAIVERS = """\
apiVersion: ndcops/v1
kind: Waivers
owners:
  - {name: lead, title: {vi: Trưởng, en: Lead}, public_key: KEY}
waivers:
  - id: w1
    rule: sysctl_net_ipv4_ip_forward
    hosts: [kubernetes_node]
    reason: {vi: Định tuyến, en: Routes}
    owner: lead
    expires: 2026-12-31
    signature: AAAA
"""


def test_both_are_read(files) -> None:
    files.write("hardening.yaml", HARDENING)
    files.write("waivers.yaml", WAIVERS)
    inventory = files.read()
    assert inventory.baseline.operators == ("operator",)
    assert inventory.waivers.waivers[0].subject == "sysctl_net_ipv4_ip_forward"


CASES = [
    ("hardening.yaml", "[operator]", "[]", "hardening.yaml:3: operators"),
    ("hardening.yaml", "[operator]", "[root]", "hardening.yaml:3: operators[0]: root never logs in"),
    ("hardening.yaml", "[operator]", "['a b']", "hardening.yaml:3: operators[0]: 'a b' is no login name"),
    (
        "hardening.yaml",
        "10.0.0.0/24",
        "10.0.0.7/24",
        "hardening.yaml:4: admin_sources[0]: '10.0.0.7/24' is no network",
    ),
    (
        "hardening.yaml",
        "[10.0.0.0/24]",
        "[moon]",
        "hardening.yaml:4: admin_sources[0]: zone or role 'moon' is not",
    ),
    (
        "hardening.yaml",
        "http://",
        "ftp://",
        "hardening.yaml:5: mirror: 'ftp://packages.example.vn/debian' does not",
    ),
    (
        "hardening.yaml",
        "siem.example.vn",
        "'{site}-siem-7'",
        "hardening.yaml:7: siem.host: host 'ndc1-siem-7' is not",
    ),
    ("hardening.yaml", '"5432"', '"99999"', "ports[0]: '99999' is no port; expected 1 to 65535"),
    ("hardening.yaml", '"5432"', '"9-1"', "ports[0]: '9-1' ends before it begins"),
    (
        "hardening.yaml",
        '"5432"',
        '"x"',
        "hardening.yaml:13: roles.database_host.flows[0].ports[0]: 'x' is no port",
    ),
    ("hardening.yaml", "[bastion]", "[basion]", "flows[0].sources[0]: zone or role 'basion' is not declared"),
    ("hardening.yaml", "  database_host:", "  mainframe:", "hardening.yaml:10: roles"),
    ("hardening.yaml", "operators:", "operator:", "did you mean 'operators'?"),
    (
        "waivers.yaml",
        "[kubernetes_node]",
        "[ndc1-x]",
        "waivers.yaml:8: waivers[0].hosts[0]: host or role 'ndc1-x'",
    ),
    (
        "waivers.yaml",
        "owner: lead",
        "owner: led",
        "waivers.yaml:10: waivers[0].owner: owner 'led' is not declared",
    ),
    ("waivers.yaml", "    rule: sysctl_net_ipv4_ip_forward\n", "", "expected either control or rule"),
    ("waivers.yaml", "    rule: ", "    control: a\n    rule: ", "expected either control or rule"),
    ("waivers.yaml", "2026-12-31", "soon", "waivers.yaml:11: waivers[0].expires"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), CASES)
def test_a_slip_is_named_at_its_line(files, file: str, old: str, new: str, message: str) -> None:
    files.write("hardening.yaml", HARDENING)
    files.write("waivers.yaml", WAIVERS)
    files.edit(file, old, new)
    problems = files.problems()
    assert any(message in problem for problem in problems), problems


def test_an_id_given_twice_is_named(files) -> None:
    files.write("waivers.yaml", WAIVERS + WAIVERS.partition("waivers:\n")[2])
    assert files.problems() == [
        "waivers.yaml:13: waivers[1].id: 'w1' is given to two waivers; expected one of its own"
    ]
