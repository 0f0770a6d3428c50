"""Where the engine, its state, its stacks and its Kubernetes plugin are."""

import os
import secrets
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ndcops.model.stack_changes import StackId

SDK_VERSION = "4.34.2"
"""The pulumi-kubernetes SDK: an installed official plugin counts only at this very version."""


def project_name(stack: StackId) -> str:
    """The Pulumi project of a stack's layer, as its Pulumi.yaml has it."""
    return f"ndcops-{stack.layer}"


@dataclass(frozen=True)
class EngineSettings:
    """Folders of one target; created with mode 0700."""

    pulumi: Path
    stacks_dir: Path
    state_dir: Path
    plugin_dir: Path

    def work_dir(self, stack: StackId) -> Path:
        """Keeps Pulumi.yaml and the stack's settings: losing it would lose the salt of its secrets."""
        return self.state_dir / "work" / stack.site / stack.layer / stack.agency

    @property
    def backend_dir(self) -> Path:
        """Where the file backend keeps states and locks."""
        return self.state_dir / "backend"

    def state_file(self, stack: StackId) -> Path:
        """The stack's checkpoint, in the backend's own layout."""
        return self.backend_dir / ".pulumi" / "stacks" / project_name(stack) / f"{stack.name}.json"

    def engine_locks_dir(self, stack: StackId) -> Path:
        """Where the backend writes its lock files for the stack."""
        return self.backend_dir / ".pulumi" / "locks" / "organization" / project_name(stack) / stack.name

    def environment(self) -> dict[str, str]:
        """What every engine process gets on top of the caller's environment."""
        environment = {
            "PULUMI_BACKEND_URL": self.backend_url(),
            "PULUMI_HOME": str(self.pulumi_home()),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PULUMI_PARALLEL_DIFF": "true",
            "NDCOPS_PYTHON": sys.executable,
            # The engine makes much garbage at each checkpoint; a larger heap costs tens of MiB and saves CPU.
            "GOGC": os.environ.get("GOGC", "400"),
        }
        if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
            environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(self._passphrase_file())
        return environment

    def backend_url(self) -> str:
        """The state's URL: a shared backend when PULUMI_BACKEND_URL names one, else files of this machine."""
        return os.environ.get("PULUMI_BACKEND_URL") or f"file://{self.backend_dir}?metadata=skip"

    @property
    def keeps_files(self) -> bool:
        """Whether the state is in files of this machine."""
        return not os.environ.get("PULUMI_BACKEND_URL")

    def pulumi_home(self) -> Path:
        """The user's own Pulumi folder when the official plugin is installed there, else one of ours."""
        own = official_plugin_home()
        return own if own is not None else self.state_dir / "home"

    def prepare(self) -> None:
        """Create the target's folders."""
        for folder in (self.state_dir, self.backend_dir, self.state_dir / "home"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _passphrase_file(self) -> Path:
        path = self.state_dir / "passphrase"
        if path.exists():
            return path
        # Linked into place once it is whole: an empty one would seal secrets with nothing.
        with tempfile.NamedTemporaryFile("w", dir=self.state_dir, prefix=".passphrase-") as draft:
            draft.write(secrets.token_urlsafe(32))
            draft.flush()
            os.fsync(draft.fileno())
            with suppress(FileExistsError):  # another thread or process was first
                os.link(draft.name, path)
        return path


def official_plugin_home() -> Path | None:
    """The Pulumi folder that holds the official Kubernetes plugin at the SDK's version, if there is one."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    plugin = home / "plugins" / f"resource-kubernetes-v{SDK_VERSION}"
    return home if plugin.is_dir() else None
