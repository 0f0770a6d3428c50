"""CheckConfig, DiffConfig and Configure: which cluster this provider instance talks to; the servicer calls it."""

from collections.abc import Mapping
from typing import Final

from ndcops.model.errors import InvalidInput
from ndcops.provider.kubeconfig import ClusterAccess, read_kubeconfig, resolve
from ndcops.provider.settings import Settings, parse_settings, text_setting
from ndcops.provider.wire import UNKNOWN, JsonObject

_PREFIX: Final = "kubernetes:config:"
_CLUSTER_KEYS: Final = ("kubeconfig", "context", "cluster")


def config_values(variables: Mapping[str, str], inputs: JsonObject) -> JsonObject:
    """The provider's inputs, with settings of `pulumi config` for those they leave out."""
    values: JsonObject = {
        key.removeprefix(_PREFIX): text for key, text in variables.items() if key.startswith(_PREFIX)
    }
    values.update({key: value for key, value in inputs.items() if value is not None})
    return values


def check_config(values: JsonObject) -> list[tuple[str, str]]:
    """(property, reason) of each setting that cannot be used; unknown ones are left for later."""
    failures: list[tuple[str, str]] = []
    try:
        settings = parse_settings(values)
    except InvalidInput as error:
        return [("", error.message)]
    if _flag_is_on(values.get("strictMode")):
        failures += [
            (key, f"strictMode needs the provider's {key}")
            for key in ("kubeconfig", "context")
            if not text_setting(values, key)
        ]
    # A path may be made by the same program; only a kubeconfig written out can be judged now.
    if settings.kubeconfig.lstrip().startswith("{") or "\n" in settings.kubeconfig.strip():
        try:
            open_access(settings)
        except InvalidInput as error:
            failures.append(("kubeconfig", "; ".join([error.message, *error.details])))
    return failures


def replacing_config_keys(olds: JsonObject, news: JsonObject) -> list[str]:
    """Keys whose change means another cluster, so that every resource must be replaced.

    An unchanged, non-empty clusterIdentifier says that it is the same cluster, however it is reached.
    """
    identifier = "clusterIdentifier"
    if olds.get(identifier) or news.get(identifier):
        return [] if olds.get(identifier) == news.get(identifier) else [identifier]
    changed = [key for key in _CLUSTER_KEYS if olds.get(key) != news.get(key)]
    if not changed:
        return []
    unknown = [key for key in changed if news.get(key) is UNKNOWN]
    return unknown or ([] if _same_cluster(olds, news) else changed)


def changed_config_keys(olds: JsonObject, news: JsonObject) -> list[str]:
    """Every key that differs; `version` belongs to the SDK."""
    return sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key) and key != "version")


def open_access(settings: Settings) -> ClusterAccess:
    """The access that these settings describe. Raises InvalidInput."""
    document, folder = read_kubeconfig(settings.kubeconfig)
    return resolve(document, folder, context=settings.context, cluster=settings.cluster)


def default_namespace(settings: Settings) -> str:
    """Where objects without a namespace go: the setting, else the context's, else `default`."""
    if settings.namespace:
        return settings.namespace
    try:
        return open_access(settings).namespace
    except InvalidInput:
        # An unusable kubeconfig fails at the first call that needs the cluster, with its own message.
        return "default"


def _same_cluster(olds: JsonObject, news: JsonObject) -> bool:
    try:
        old, new = (open_access(parse_settings(values)) for values in (olds, news))
    except InvalidInput:
        return False
    return (old.server, old.ca_data) == (new.server, new.ca_data)


def _flag_is_on(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")
