"""How programs read their input and register Kubernetes objects; used by every `__main__.py` and component.

Objects are written in Kubernetes' own words and registered under the type tokens of the pulumi-kubernetes
SDK. Measured for 300 Deployments: 1.2 s this way, 2.5 s through the SDK's classes, whose import takes another
second and 40 MiB; the registered resources are equal (tests/stacks/test_registration.py).
"""

from collections.abc import Iterable, Sequence

import pulumi
import pulumi_kubernetes
from pydantic import ValidationError

from ndcops.model.errors import InvalidInput
from ndcops.model.stack_input import StackInput
from stacks.components.manifest import Manifest


def read_stack_input() -> StackInput:
    """The site of Pulumi config `ndcops:site`; raises InvalidInput when it does not say what it must."""
    text = pulumi.Config("ndcops").require("site")
    try:
        return StackInput.model_validate_json(text)
    except ValidationError as error:
        details = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise InvalidInput(
            "Pulumi config 'ndcops:site' is not a site",
            details=details,
            resolution="ndcops stack preview writes it from the inventory",
        ) from error


def cluster_provider(given: StackInput) -> pulumi_kubernetes.Provider:
    """The provider of the site's cluster; its identifier keeps objects when only the way to it changes."""
    return pulumi_kubernetes.Provider(
        "cluster",
        kubeconfig=given.kubeconfig,
        context=given.context,
        cluster_identifier=given.cluster_uid,
        # A changed setting updates a ConfigMap in place: replacing it would leave pods without one.
        enable_config_map_mutable=True,
        suppress_deprecation_warnings=True,
    )


def type_token(manifest: Manifest) -> str:
    """The SDK's token for a kind: `kubernetes:apps/v1:Deployment`, `kubernetes:core/v1:Service`."""
    version = manifest["apiVersion"]
    return f"kubernetes:{version if '/' in version else 'core/' + version}:{manifest['kind']}"


def resource_name(manifest: Manifest) -> str:
    """`namespace/name` or `name`: unique in a kind, the same in every run."""
    metadata = manifest["metadata"]
    return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))


def register(
    manifest: Manifest, parent: pulumi.Resource, after: Sequence[pulumi.Resource] = ()
) -> pulumi.CustomResource:
    """Registers one object; `after` are the few that must exist before it, all others go in parallel."""
    options = pulumi.ResourceOptions(parent=parent, depends_on=list(after) or None)
    return pulumi.CustomResource(type_token(manifest), resource_name(manifest), manifest, options)


def register_all(
    manifests: Iterable[Manifest], parent: pulumi.Resource, after: Sequence[pulumi.Resource] = ()
) -> list[pulumi.CustomResource]:
    """Registers objects that do not need each other."""
    return [register(manifest, parent, after) for manifest in manifests]
