"""The access matrix: what is asked about every pair of agencies, and what answers must be; pure.

No answer of the cluster is inferred: each verb, resource and namespace is a question of its own.
"""

from collections.abc import Iterable, Iterator, Sequence

from ndcops.model.object_names import AGENCY_ROLE
from ndcops.model.tenancy import AccessQuestion, FoundBinding, Tenant

SIGNED_IN = "system:authenticated"
"""The group of everybody whom the API server knows; a binding to it lets every agency in."""

VERBS = ("get", "list", "create", "patch", "delete")
RESOURCES = (
    ("", "pods", ""),
    ("", "pods", "log"),
    ("", "pods", "exec"),
    ("", "secrets", ""),
    ("", "configmaps", ""),
    ("", "services", ""),
    ("", "persistentvolumeclaims", ""),
    ("", "serviceaccounts", ""),
    ("apps", "deployments", ""),
    ("apps", "statefulsets", ""),
    ("networking.k8s.io", "networkpolicies", ""),
    ("rbac.authorization.k8s.io", "rolebindings", ""),
)
"""Twelve resources and five verbs: sixty questions for each agency and namespace."""

_OWN_RIGHTS = (("get", "", "pods"), ("create", "apps", "deployments"), ("get", "", "resourcequotas"))
_NEVER = (
    ("create", "rbac.authorization.k8s.io", "rolebindings"),
    ("patch", "networking.k8s.io", "networkpolicies"),
    ("patch", "", "resourcequotas"),
    ("delete", "", "limitranges"),
    ("patch", "", "namespaces"),
)
"""What nobody of an agency may do in its own namespace: it would be the end of the others' quiet."""


def cross_questions(tenants: Sequence[Tenant], about: str | None = None) -> Iterator[AccessQuestion]:
    """Every ordered pair of agencies, and anybody else, with every verb and resource in every namespace.

    about: only pairs that this agency is one of.
    """
    for owner in tenants:
        for asking in (*tenants, None):
            if asking is owner or (about is not None and about not in (owner.agency, asking and asking.agency)):
                continue
            name, groups = (asking.agency, asking.groups) if asking is not None else ("", ())
            for namespace in owner.namespaces:
                yield from _all_of(name, groups, namespace)


def _all_of(agency: str, groups: tuple[str, ...], namespace: str) -> Iterator[AccessQuestion]:
    for group, resource, subresource in RESOURCES:
        for verb in VERBS:
            yield AccessQuestion(
                agency=agency,
                groups=(*groups, SIGNED_IN),
                namespace=namespace,
                verb=verb,
                group=group,
                resource=resource,
                subresource=subresource,
            )


def own_questions(agency: str, groups: Sequence[str], namespace: str) -> tuple[list[AccessQuestion], list[bool]]:
    """What each group of an agency must be able to do in its own namespace, and what not, with the right answers.

    A cluster that denies everything, or allows everything, answers some of them wrongly.
    """
    wanted = [(right, True) for right in _OWN_RIGHTS] + [(right, False) for right in _NEVER]
    asked = [(_question(agency, group, namespace, right), answer) for group in groups for right, answer in wanted]
    return [question for question, _ in asked], [answer for _, answer in asked]


def _question(agency: str, group: str, namespace: str, right: tuple[str, str, str]) -> AccessQuestion:
    verb, api_group, resource = right
    return AccessQuestion(
        agency=agency,
        groups=(group, SIGNED_IN),
        namespace=namespace,
        verb=verb,
        group=api_group,
        resource=resource,
    )


def foreign_bindings(tenants: Iterable[Tenant], found: Iterable[FoundBinding]) -> list[str]:
    """Role bindings in agencies' namespaces that give something to anybody but their own groups, or another role.

    They catch what questions by groups cannot: a person, or a program's account, by name.
    """
    owners = {namespace: tenant for tenant in tenants for namespace in tenant.namespaces}
    strange = []
    for binding in found:
        tenant = owners.get(binding.namespace)
        own = {f"Group {group}" for group in tenant.groups} if tenant is not None else set()
        if binding.role != f"ClusterRole {AGENCY_ROLE}" or not set(binding.subjects) <= own:
            who = ", ".join(binding.subjects)
            strange.append(f"{binding.namespace}/{binding.name} gives {binding.role} to {who}")
    return strange
