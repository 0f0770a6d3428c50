"""A stack of one test under the real engine, and the cluster that it is applied to."""

import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from pulumi import automation

from ndcops.provider.errors import ApiError
from ndcops.provider.http_client import HttpClient

PLUGIN = Path(__file__).parents[2] / "ndcops/provider/plugin"
Program = Callable[[pulumi.ResourceOptions], None]


@dataclass(frozen=True)
class Target:
    """A cluster, and a client of its own to look and interfere with."""

    kubeconfig: Path
    context: str
    uid: str
    http: HttpClient

    def get(self, path: str) -> Any:
        """The live object; None when there is none."""
        try:
            return self.http.request("GET", path)[1]
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def edit(self, path: str, patch: dict[str, Any], manager: str) -> None:
        """What a person does with kubectl edit."""
        self.http.request(
            "PATCH", f"{path}?fieldManager={manager}", patch, content_type="application/merge-patch+json"
        )


class StackRun:
    """One stack of one test, with its own folder and namespace."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target = target
        self.folder = folder
        self.namespace = f"ndcops-test-{secrets.token_hex(4)}"
        self.uid = target.uid
        self.program: Program = lambda options: None
        state = folder / "state"
        state.mkdir()
        providers = [{"name": "kubernetes", "path": str(PLUGIN)}]
        project = {"name": "live", "runtime": "python", "plugins": {"providers": providers}}
        (folder / "Pulumi.yaml").write_text(json.dumps(project))
        self.environment = {
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(8),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "NDCOPS_PYTHON": sys.executable,
        }
        options = automation.LocalWorkspaceOptions(work_dir=str(folder), env_vars=self.environment)
        self.stack = automation.create_or_select_stack(
            "test", project_name="live", program=self._main, opts=options
        )

    def _main(self) -> None:
        provider = k8s.Provider(
            "cluster",
            kubeconfig=str(self.target.kubeconfig),
            context=self.target.context,
            cluster_identifier=self.uid,
        )
        options = pulumi.ResourceOptions(provider=provider)
        k8s.core.v1.Namespace("home", metadata={"name": self.namespace}, opts=options)
        self.program(options)

    def up(self, program: Program | None = None) -> dict[str, int]:
        """Apply; how many resources changed in which way."""
        self.program = program or self.program
        return dict(self.stack.up(parallel=64).summary.resource_changes)

    def fails(self, program: Program | None = None) -> str:
        """Apply what cannot succeed; what the engine says. The error itself is dropped: it holds sockets."""
        try:
            self.up(program)
        except automation.CommandError as error:
            return str(error)
        raise AssertionError("the up succeeded")

    def path(self, plural: str, name: str, root: str = "/api/v1") -> str:
        """The path of an object in the test's namespace."""
        return f"{root}/namespaces/{self.namespace}/{plural}/{name}"

    def config_map(self, name: str, data: dict[str, str]) -> Program:
        """A program of one ConfigMap."""
        metadata = {"name": name, "namespace": self.namespace}
        return lambda options: made(k8s.core.v1.ConfigMap(name, metadata=metadata, data=data, opts=options))

    def state_file(self) -> str:
        """The state as it lies on the disk."""
        return (self.folder / "state/.pulumi/stacks/live/test.json").read_text()


def made(_: object) -> None:
    """A resource is declared by being constructed."""
