"""Who gets in where: what is asked of a cluster about agencies' landing zones, and what stands there."""

from pydantic import Field

from ndcops.model.document import Name, Value


class Tenant(Value):
    """An agency as a cluster knows it: the groups that its people come with, and the namespaces of its systems."""

    agency: Name
    groups: tuple[Name, ...]
    namespaces: tuple[Name, ...]


class AccessQuestion(Value):
    """May somebody of these groups do this there? `agency`: whose people ask; empty for anybody at all."""

    agency: str
    groups: tuple[str, ...]
    namespace: Name
    verb: str
    group: str
    resource: str
    subresource: str = ""

    def __str__(self) -> str:
        what = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        kind = f"{what}.{self.group}" if self.group else what
        return f"{self.agency or 'anybody'} may {self.verb} {kind} in {self.namespace}"


class FoundBinding(Value):
    """A RoleBinding as it stands. subjects: `Kind name`, of service accounts `Kind namespace/name`."""

    namespace: Name
    name: str
    role: str
    subjects: tuple[str, ...]


class FoundPolicy(Value):
    """A NetworkPolicy as it stands. denies_all: it selects every pod, both ways, and lets nothing pass."""

    name: str
    denies_all: bool


class FoundNamespace(Value):
    """A system's namespace as it stands; `exists` is False where there is none, and the rest empty."""

    namespace: Name
    exists: bool
    labels: dict[str, str] = Field(default_factory=dict)
    quota: dict[str, str] = Field(default_factory=dict)
    has_limits: bool = False
    policies: tuple[FoundPolicy, ...] = ()
    bindings: tuple[FoundBinding, ...] = ()
