"""One stack's work folder and settings, and Automation API classes that save the engine needless starts."""

import json
import os
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pulumi.automation import (
    LocalWorkspace,
    OutputMap,
    PulumiFn,
    Stack,
    StackAlreadyExistsError,
    UpdateSummary,
)
from pulumi.automation._stack import StackInitMode

from ndcops.adapters.pulumi_engine.command import OwnedCommand
from ndcops.adapters.pulumi_engine.settings import EngineSettings, official_plugin_home, project_name
from ndcops.adapters.pulumi_engine.state_files import read_state, secrets_salt
from ndcops.model.record import JsonObject
from ndcops.model.stack_changes import StackId
from ndcops.model.stack_input import StackInput

CONFIG_KEY = "ndcops:site"


class StackWorkspace(LocalWorkspace):
    """A workspace whose stack is known to exist: selecting it needs no engine."""

    def select_stack(self, stack_name: str) -> None:
        """Nothing to do: every command names its stack."""

    def stack_outputs(self, stack_name: str) -> OutputMap:
        """Empty: outputs are read from the state file, which two engine starts would only print."""
        del stack_name
        return {}


class OwnedStack(Stack):
    """A stack whose run ends with its engine process: no history is asked for afterwards."""

    def info(self, show_secrets: bool | None = None) -> UpdateSummary | None:
        """A summary without the history's details; ours comes from the engine's events."""
        del show_secrets
        now = datetime.now(UTC)
        return UpdateSummary("update", now, "", {}, {}, "succeeded", now)


def open_stack(
    settings: EngineSettings,
    stack: StackId,
    command: OwnedCommand,
    program: PulumiFn,
    program_input: StackInput,
    *,
    take_over: bool,
) -> OwnedStack:
    """The stack, its work folder written and its state initialised.

    take_over: fields that another manager has taken are taken back; without it they are a conflict.
    """
    folder = settings.work_dir(stack)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_project(settings, stack)
    workspace = StackWorkspace(
        work_dir=str(folder),
        pulumi_home=str(settings.pulumi_home()),
        program=program,
        env_vars={**settings.environment(), "PULUMI_K8S_ENABLE_PATCH_FORCE": str(take_over).lower()},
        secrets_provider="passphrase",
        pulumi_command=command,
    )
    if not settings.state_file(stack).exists():
        _initialise(settings, stack, workspace)
    _write_config(settings, stack, program_input)
    return OwnedStack(stack.name, workspace, StackInitMode.SELECT)


def _initialise(settings: EngineSettings, stack: StackId, workspace: StackWorkspace) -> None:
    """Create the stack: in files, as the empty checkpoint that `pulumi stack init` writes.

    The command itself takes a second of CPU for each stack, most of it for deriving the key that the run
    after it derives again.
    """
    if not settings.keeps_files:
        with suppress(StackAlreadyExistsError):
            workspace.create_stack(stack.name)
        return
    path = settings.state_file(stack)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    checkpoint = {"stack": f"organization/{project_name(stack)}/{stack.name}", "latest": {"manifest": {}}}
    # Without it the backend takes the folder for one of an older layout.
    _write(settings.backend_dir / ".pulumi" / "meta.yaml", "version: 1\n")
    _write(path, json.dumps({"version": 3, "checkpoint": checkpoint}))


def _write_project(settings: EngineSettings, stack: StackId) -> None:
    """Pulumi.yaml as the layer's own, plus backend and plugin, so that plain `pulumi` works in the folder too."""
    source = yaml.safe_load((settings.stacks_dir / stack.layer / "Pulumi.yaml").read_text())
    project = {
        **source,
        "main": str(settings.stacks_dir / stack.layer),
        "backend": {"url": settings.backend_url()},
    }
    # The layer's own names our plugin relative to its folder, for those who run pulumi there.
    project.pop("plugins", None)
    if official_plugin_home() is None:
        project["plugins"] = {"providers": [{"name": "kubernetes", "path": str(settings.plugin_dir)}]}
    path = settings.work_dir(stack) / "Pulumi.yaml"
    text = yaml.safe_dump(project, sort_keys=False, allow_unicode=True)
    if not path.exists() or path.read_text() != text:
        _write(path, text)


def _write_config(settings: EngineSettings, stack: StackId, program_input: StackInput) -> None:
    """The one config value, beside the salt of the stack's secrets, which the state has too."""
    value = json.dumps(program_input.model_dump(mode="json", by_alias=True), ensure_ascii=False, sort_keys=True)
    path = settings.work_dir(stack) / f"Pulumi.{stack.name}.yaml"
    found = _read_config(path)
    wanted = {**found, "config": {CONFIG_KEY: value}}
    if "encryptionsalt" not in wanted:
        salt = secrets_salt(read_state(settings.state_file(stack), stack) or {})
        wanted.update({"encryptionsalt": salt} if salt else {})
    if wanted != found:
        _write(path, yaml.safe_dump(wanted, allow_unicode=True))


def _read_config(path: Path) -> JsonObject:
    """The stack's settings; empty when the engine was killed while it wrote them: all of it can be made again."""
    try:
        found = yaml.safe_load(path.read_text())
    except (FileNotFoundError, yaml.YAMLError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, text: str) -> None:
    """Replace the file whole: a kill or a full disk leaves the old one, never a half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        draft.write_text(text)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
