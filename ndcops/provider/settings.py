"""The provider's configuration, typed; `configure` parses it, everything else reads it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from ndcops.model.errors import InvalidInput
from ndcops.provider.wire import JsonObject

_ENVIRONMENT: Final = {
    "enable_patch_force": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "upsert_existing_objects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
    "enable_config_map_mutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enable_secret_mutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "delete_unreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "skip_update_unreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "suppress_deprecation_warnings": "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
}
_WIRE_NAMES: Final = {
    "enable_patch_force": "enablePatchForce",
    "upsert_existing_objects": "upsertExistingObjects",
    "enable_config_map_mutable": "enableConfigMapMutable",
    "enable_secret_mutable": "enableSecretMutable",
    "delete_unreachable": "deleteUnreachable",
    "skip_update_unreachable": "skipUpdateUnreachable",
    "suppress_deprecation_warnings": "suppressDeprecationWarnings",
}
FIELD_MANAGER_VARIABLE: Final = "NDCOPS_FIELD_MANAGER"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the program (or the environment) tells one provider instance."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    cluster_identifier: str = ""
    field_manager: str = ""
    enable_patch_force: bool = False
    upsert_existing_objects: bool = False
    enable_config_map_mutable: bool = False
    enable_secret_mutable: bool = False
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    suppress_deprecation_warnings: bool = False


def parse_settings(values: JsonObject, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the provider's inputs; what they leave out comes from the environment.

    Raises InvalidInput for a flag that is no boolean, and for modes that only the official plugin has.
    """
    if text_setting(values, "renderYamlToDirectory"):
        raise _unsupported("renderYamlToDirectory")
    if not _flag(
        values, "enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", environment, default=True
    ):
        raise _unsupported("enableServerSideApply=false")
    flags = {
        name: _flag(values, _WIRE_NAMES[name], variable, environment) for name, variable in _ENVIRONMENT.items()
    }
    return Settings(
        kubeconfig=text_setting(values, "kubeconfig"),
        context=text_setting(values, "context"),
        cluster=text_setting(values, "cluster"),
        namespace=text_setting(values, "namespace"),
        cluster_identifier=text_setting(values, "clusterIdentifier"),
        field_manager=text_setting(values, "fieldManager") or environment.get(FIELD_MANAGER_VARIABLE, ""),
        **flags,
    )


def text_setting(values: JsonObject, name: str) -> str:
    """A setting as text; objects (an inline kubeconfig) as JSON; absent and unknown ones empty."""
    value = values.get(name)
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, dict) else ""


def _flag(
    values: JsonObject, name: str, variable: str, environment: Mapping[str, str], *, default: bool = False
) -> bool:
    value = values.get(name)
    if value is None or value == "":
        value = environment.get(variable, "")
    if isinstance(value, bool):
        return value
    if value in ("", None):
        return default
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    raise InvalidInput(
        f"provider setting {name} is {value!r}",
        details=["expected true or false"],
        resolution=f"correct it in the program, or {variable} in the environment",
    )


def _unsupported(what: str) -> InvalidInput:
    return InvalidInput(
        f"ndcops' Kubernetes provider does not support {what}",
        resolution="leave it out, or install the official pulumi-resource-kubernetes plugin",
    )
