"""hosts.yaml: Ansible's groups and variables become hosts; what does not fit names its line."""
# ruff: noqa: E501 - messages stand here as people see them

import pytest

from ndcops.model.host import HostRole

NODE = "all.children.ndc1.hosts.ndc1-node-1"
BASTION = "all.children.ndc1.hosts.ndc1-bastion-1"


def test_groups_give_site_and_role(files):
    bastion, node = files.read().hosts
    assert (bastion.site, bastion.role, bastion.rack, bastion.pool) == (
        "ndc1",
        HostRole.BASTION,
        "hall-a-r001",
        None,
    )
    assert (node.role, node.pool, node.address, node.ssh_port) == (
        HostRole.KUBERNETES_NODE,
        "general",
        "10.13.0.12",
        22,
    )


def test_inner_groups_win_over_outer_ones_and_the_host_over_all(files):
    files.edit(
        "hosts.yaml", "    ndc1:\n", "    ndc1:\n      vars: {ansible_port: 2201, ndcops_rack: hall-a-r003}\n"
    )
    files.edit("hosts.yaml", "10.13.0.12\n", "10.13.0.12\n          ansible_port: 2202\n")
    bastion, node = files.read().hosts
    assert (bastion.ssh_port, bastion.rack) == (2201, "hall-a-r001")
    assert (node.ssh_port, node.rack) == (2202, "hall-a-r003")


def test_a_group_may_be_placed_in_one_branch_and_filled_in_another(files):
    files.edit("hosts.yaml", "    bastion:\n", "    north:\n      vars: {ansible_port: 2222}\n"
               "      children:\n        ndc1:\n    bastion:\n")  # fmt: skip
    assert {host.ssh_port for host in files.read().hosts} == {2222}


def test_other_variables_are_ansibles_own(files):
    files.edit("hosts.yaml", "ansible_port: 22", "ansible_port: 22\n    ansible_user: '{{ operator }}'")
    assert len(files.read().hosts) == 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("          ansible_host: 10.13.0.11\n", "", [f"7: {BASTION}.ansible_host: is missing; expected text"]),
        ("hall-a-r001", "hall-a-r011",
         [f"9: {BASTION}.ndcops_rack: rack 'hall-a-r011' is not at ndc1; expected hall-a-r001 to hall-a-r010"]),
        ("hall-a-r001", "somewhere",
         [f"9: {BASTION}.ndcops_rack: rack 'somewhere' is not at ndc1; expected hall-a-r001 to hall-a-r010"]),
        ("ndcops_pool: general", "ndcops_pool: genral",
         [f"12: {NODE}.ndcops_pool: pool 'genral' is not declared at ndc1; expected one of general, gpu; "
          "did you mean 'general'?"]),
        ("ndcops_pool", "ndcops_poll",
         [f"12: {NODE}.ndcops_poll: unknown variable; expected one of ndcops_pool, ndcops_rack, ndcops_role, "
          "ndcops_site; did you mean 'ndcops_pool'?"]),
        ("ndcops_pool: general", "ndcops_role: router",
         [f"12: {NODE}.ndcops_role: 'router' is not known; expected one of kubernetes_node, database_host, bastion, "
          "siem"]),
        ("ndcops_pool: general", "ndcops_site: ndc8",
         [f"12: {NODE}.ndcops_site: site 'ndc8' is not declared; expected one of ndc1, ndc2, ndc3"]),
        ("    ndc1:\n", "    ndc7:\n",
         [f"{line}: all.children.ndc7.hosts.{host}: ndcops_site is missing; expected it, or a group named after its "
          "site" for line, host in ((7, "ndc1-bastion-1"), (10, "ndc1-node-1"))]),
        ("    kubernetes_node:\n      hosts:\n", "    kubernetes_node:\n      hosts:\n        ndc1-bastion-1:\n",
         [f"7: {BASTION}: stands in bastion and kubernetes_node; expected one of them, or ndcops_role"]),
        ("10.13.0.12", "10.13.0.11",
         [f"11: {NODE}.ansible_host: '10.13.0.11' port 22 is already that of host 'ndc1-bastion-1'; expected its own"]),
        ("10.13.0.12", "'{{ address }}'",
         [f"11: {NODE}.ansible_host: '{{{{ address }}}}' is a template; expected the value itself"]),
        ("          ndcops_pool: general\n", "          ansible_port: '22'\n",
         [f"12: {NODE}.ansible_port: '22' is text; expected a whole number from 1 to 65535"]),
        ("ndc1-node-1:", "Node_1:",
         ["10: all.children.ndc1.hosts.Node_1: 'Node_1' does not fit; expected lower-case letters, digits and "
          "hyphens, at most 63"]),
        ("kubernetes_node:\n      hosts:", "kubernetes_node:\n      host:",
         ["17: all.children.kubernetes_node.host: unknown field; expected one of children, hosts, vars; "
          "did you mean 'hosts'?"]),
        ("    bastion:\n", "    bastion:\n      children:\n        ndc1:\n          children:\n            bastion:\n",
         ["1: all: the groups hold each other: ndc1 → bastion → ndc1; expected no cycle"]),
        ("all:\n", "everything:\n",
         ["1: all: is missing; expected a mapping", "1: everything: unknown field; expected one of all"]),
    ],
)  # fmt: skip
def test_names_what_does_not_fit(files, old, new, expected):
    files.edit("hosts.yaml", old, new)
    assert files.problems() == [f"hosts.yaml:{line}" for line in expected]
