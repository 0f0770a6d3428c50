"""Landing zones as they stand in the clusters, and who gets in, answered by the API servers' own authorisers."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import quote

from ndcops.adapters.kubernetes_api.connection import Answer, Connections, shape_checked
from ndcops.model.errors import InvalidInput
from ndcops.model.record import JsonObject
from ndcops.model.target import ClusterRef, Target
from ndcops.model.tenancy import AccessQuestion, FoundBinding, FoundNamespace, FoundPolicy

_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_NOT_FOUND = 404
ASKED_AT_ONCE = 8
"""Reviews in flight: the client keeps as many connections open, and the server's fair queues never fill."""


class TenantObjects:
    """The clusters of one target; methods may be called from several threads."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connections = Connections()

    def found(self, site: str, namespace: str) -> FoundNamespace:
        """What stands in a namespace. Raises Unreachable, NdcopsError."""
        cluster, name = self._cluster(site), quote(namespace)
        with shape_checked(cluster):
            live = self._connections.get(cluster, f"/api/v1/namespaces/{name}")
            if live.status == _NOT_FOUND:
                return FoundNamespace(namespace=namespace, exists=False)
            inside = f"/api/v1/namespaces/{name}"
            quotas = self._items(cluster, f"{inside}/resourcequotas")
            policies = self._items(cluster, f"/apis/networking.k8s.io/v1/namespaces/{name}/networkpolicies")
            return FoundNamespace(
                namespace=namespace,
                exists=True,
                labels=live.document()["metadata"].get("labels") or {},
                quota={
                    key: str(value) for each in quotas for key, value in (each["spec"].get("hard") or {}).items()
                },
                has_limits=bool(self._items(cluster, f"{inside}/limitranges")),
                policies=tuple(_policy(each) for each in policies),
                bindings=self._bindings(cluster, namespace),
            )

    def bindings(self, site: str, namespaces: Sequence[str]) -> tuple[FoundBinding, ...]:
        """All role bindings in these namespaces. Raises Unreachable, NdcopsError."""
        cluster = self._cluster(site)
        with shape_checked(cluster):
            return tuple(found for name in namespaces for found in self._bindings(cluster, name))

    def allowed(self, site: str, questions: Sequence[AccessQuestion]) -> tuple[bool, ...]:
        """One SubjectAccessReview for each question, in their order. Raises Unreachable, NdcopsError."""
        cluster = self._cluster(site)
        with (
            shape_checked(cluster),
            ThreadPoolExecutor(max_workers=ASKED_AT_ONCE, thread_name_prefix="review") as pool,
        ):
            return tuple(pool.map(partial(self._ask, cluster), questions))

    def _ask(self, cluster: ClusterRef, question: AccessQuestion) -> bool:
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": f"ndcops:asks-for:{question.agency or 'anybody'}",
                "groups": list(question.groups),
                "resourceAttributes": {
                    "namespace": question.namespace,
                    "verb": question.verb,
                    "group": question.group,
                    "resource": question.resource,
                    "subresource": question.subresource,
                },
            },
        }
        answer = self._connections.send(cluster, "POST", _REVIEWS, review).document()["status"]
        # An authoriser that failed has not said no.
        if answer.get("evaluationError") and not answer["allowed"] and not answer.get("denied"):
            raise ValueError(f"{question}: {answer['evaluationError']}")
        return bool(answer["allowed"])

    def _bindings(self, cluster: ClusterRef, namespace: str) -> tuple[FoundBinding, ...]:
        listed = self._items(cluster, f"{_RBAC}/namespaces/{quote(namespace)}/rolebindings")
        return tuple(_binding(namespace, each) for each in listed)

    def _items(self, cluster: ClusterRef, path: str) -> list[JsonObject]:
        answer: Answer = self._connections.get(cluster, path)
        return list(answer.document()["items"])

    def _cluster(self, site: str) -> ClusterRef:
        found = self._target.cluster(site)
        if found is None:
            raise InvalidInput(
                f"the target has no cluster of site '{site}'",
                details=[f"sites: {', '.join(each.site for each in self._target.clusters)}"],
                resolution="ndcops inventory show",
            )
        return found


def _policy(live: JsonObject) -> FoundPolicy:
    spec: dict[str, Any] = live["spec"]
    denies = (
        not spec.get("podSelector")
        and set(spec.get("policyTypes", ())) == {"Ingress", "Egress"}
        and not spec.get("ingress")
        and not spec.get("egress")
    )
    return FoundPolicy(name=live["metadata"]["name"], denies_all=denies)


def _binding(namespace: str, live: JsonObject) -> FoundBinding:
    role = live["roleRef"]
    return FoundBinding(
        namespace=namespace,
        name=live["metadata"]["name"],
        role=f"{role['kind']} {role['name']}",
        subjects=tuple(
            f"{each['kind']} {each['namespace']}/{each['name']}"
            if each.get("namespace")
            else f"{each['kind']} {each['name']}"
            for each in live.get("subjects") or ()
        ),
    )
