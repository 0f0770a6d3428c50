"""Check: a program's object made complete and canonical, before it is compared or sent; the servicer calls it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ndcops.model.errors import InvalidInput
from ndcops.provider.autoname import Autonaming, named
from ndcops.provider.discovery import Discovery
from ndcops.provider.errors import ApiError, Unreachable
from ndcops.provider.normalise import normalise, without_server_metadata
from ndcops.provider.secrets import secret_mask
from ndcops.provider.wire import UNKNOWN, JsonObject, Mask, Properties

_OFFICIAL_ONLY: Final = (
    "kubernetes:helm.sh/",
    "kubernetes:kustomize:",
    "kubernetes:kustomize/",
    "kubernetes:yaml:",
    "kubernetes:yaml/",
)


@dataclass(frozen=True, slots=True)
class Checked:
    """Inputs to go on with, or what is wrong with them as (property, reason)."""

    inputs: JsonObject
    secret: Mask
    failures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """The resource in the program: its type token and name."""

    type_token: str
    name: str


def check_object(
    identity: Identity,
    news: Properties,
    olds: JsonObject,
    seed: bytes,
    autonaming: Autonaming | None,
    discovery: Callable[[], Discovery],
    default_namespace: Callable[[], str],
) -> Checked:
    """Name it, place it in a namespace, normalise it, mark its secrets."""
    document = dict(news.value)
    failures = _refusals(identity.type_token, document)
    if failures:
        return Checked(news.value, news.secret, failures)
    try:
        document = named(document, olds, identity.name, seed, autonaming)
    except InvalidInput as error:
        return Checked(news.value, news.secret, (("metadata.name", f"{error.message}; {error.resolution}"),))
    document = _in_namespace(document, discovery(), default_namespace)
    document = without_server_metadata(document) if news.has_unknown else normalise(document)
    if document.get("kind") == "CustomResourceDefinition":
        discovery().declare(document)
    return Checked(document, secret_mask(document, _moved_mask(document, news.secret)))


def _refusals(type_token: str, document: JsonObject) -> tuple[tuple[str, str], ...]:
    if type_token.startswith(_OFFICIAL_ONLY):
        return (("", f"{type_token} needs the official pulumi-resource-kubernetes plugin"),)
    missing = [name for name in ("apiVersion", "kind") if not document.get(name)]
    if missing:
        return tuple((name, "required: which Kubernetes object this is") for name in missing)
    kind = str(document["kind"])
    declared = type_token.rpartition(":")[2]
    if declared == f"{kind}Patch":
        return (
            ("", f"{declared} needs the official plugin; declare the object itself, or set {kind} fields there"),
        )
    if kind.endswith("List") and "items" in document:
        return (("kind", f"{kind} is a list; declare its items one by one"),)
    metadata = document.get("metadata")
    if metadata is not None and metadata is not UNKNOWN and not isinstance(metadata, dict):
        return (("metadata", "expected a mapping"),)
    return ()


def _in_namespace(document: JsonObject, discovery: Discovery, default_namespace: Callable[[], str]) -> JsonObject:
    metadata = document["metadata"]
    if metadata.get("namespace"):
        return document
    try:
        namespaced = discovery.is_namespaced(str(document["apiVersion"]), str(document["kind"]))
    except (ApiError, Unreachable):
        # A custom resource and no cluster: as the official plugin does, assume a namespace; the write will tell.
        namespaced = True
    if not namespaced:
        return document
    return {**document, "metadata": {**metadata, "namespace": default_namespace()}}


def _moved_mask(document: JsonObject, mask: Mask) -> Mask:
    """Text that moved from a Secret's stringData to its data stays secret."""
    if isinstance(mask, dict) and "stringData" in mask and "stringData" not in document:
        return {**{key: inner for key, inner in mask.items() if key != "stringData"}, "data": True}
    return mask
