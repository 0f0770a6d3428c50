"""A host that Ansible reaches over SSH: where it stands and what it is for."""

from enum import StrEnum

from pydantic import Field

from ndcops.model.document import Name, Value


class HostRole(StrEnum):
    """What a host does; its hardening follows the role."""

    KUBERNETES_NODE = "kubernetes_node"
    DATABASE_HOST = "database_host"
    BASTION = "bastion"
    SIEM = "siem"


class Host(Value):
    """One host of `inventory/hosts.yaml` (Ansible's own format: groups are roles and sites)."""

    name: Name
    site: Name
    role: HostRole
    address: str
    ssh_port: int = Field(ge=1, le=65535, default=22)
    rack: str | None = None
    pool: Name | None = None
