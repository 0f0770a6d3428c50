"""Checks and applies the hardening play on hosts."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from ndcops.adapters.ansible_playbooks.events import EventReader
from ndcops.adapters.ansible_playbooks.reasons import refusal
from ndcops.adapters.ansible_playbooks.run_folder import RunFolder, environment, run_folder
from ndcops.adapters.ansible_playbooks.settings import PlaybookSettings
from ndcops.adapters.ansible_playbooks.task_list import task_count
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.hardening import HostTarget, PlayResult, TaskFailure, TaskProgress

OnTask = Callable[[TaskProgress], None]
Variables = Mapping[str, Mapping[str, JsonValue]]

PASSWORD_PROMPT = r"BECOME password.*:\s*?$"  # noqa: S105
CANCELLED = "the run was stopped before its end"
KILLED = "Ansible ended before its end"


class AnsiblePlaybooks:
    """The hardening play on the given targets; several threads may run it for different hosts."""

    def __init__(self, settings: PlaybookSettings, targets: Mapping[str, HostTarget]) -> None:
        self._settings = settings
        self._targets = targets

    def check(
        self, hosts: Sequence[str], *, controls: Sequence[str] = (), variables: Variables, on_task: OnTask
    ) -> PlayResult:
        """What `apply` would change now; changes nothing. Raises as `apply` does."""
        return self._run(hosts, controls, variables, on_task, lambda: False, ["--check", "--diff"])

    def apply(
        self,
        hosts: Sequence[str],
        *,
        controls: Sequence[str] = (),
        variables: Variables,
        on_task: OnTask,
        cancelled: Callable[[], bool],
    ) -> PlayResult:
        """Make the hosts what the controls say; ends early once `cancelled` says so.

        Failures of hosts are in the result. When no task ended well anywhere: raises Refused for a host key that
        is not the known one, InvalidInput for a wrong sudo password. Raises NdcopsError when Ansible itself fails.
        """
        return self._run(hosts, controls, variables, on_task, cancelled, ["--diff"])

    def _run(
        self,
        hosts: Sequence[str],
        controls: Sequence[str],
        variables: Variables,
        on_task: OnTask,
        cancelled: Callable[[], bool],
        options: list[str],
    ) -> PlayResult:
        targets = [self._target(name) for name in hosts]
        if not targets:
            return PlayResult()
        started = time.monotonic()
        with run_folder(self._settings, targets, variables) as folder:
            variables_of_ansible = environment(self._settings, folder)
            total = task_count(self._settings, variables_of_ansible, folder.inventory, controls)
            reader = EventReader(on_task, total)
            tags = ["--tags", ",".join(controls)] if controls else []
            ended = self._play(folder, variables_of_ansible, [*options, *tags], reader, cancelled)
            self._raise_failure(reader, ended)
        ran_out = CANCELLED if ended.status == "canceled" else KILLED
        missing = [
            TaskFailure(host=name, control="", task="", reason=ran_out)
            for name in hosts
            if name not in reader.finished
        ]
        return PlayResult(
            changes=tuple(reader.changes),
            failures=(*reader.failures, *missing),
            unsettable=tuple(reader.unsettable),
            duration_s=time.monotonic() - started,
            tasks=reader.tasks,
        )

    def _play(
        self,
        folder: RunFolder,
        environment_: Mapping[str, str],
        options: Sequence[str],
        reader: EventReader,
        cancelled: Callable[[], bool],
    ) -> Any:
        # Half a second that only a run needs.
        import ansible_runner

        return ansible_runner.run(
            private_data_dir=str(folder.path),
            project_dir=str(self._settings.playbooks),
            playbook=self._settings.playbook,
            inventory=str(folder.inventory),
            envvars=dict(environment_),
            cmdline=" ".join(["--ask-become-pass", *options]),
            passwords={PASSWORD_PROMPT: self._settings.sudo_password()},
            # Kept in memory: ansible-runner would write passwords into the folder.
            suppress_env_files=True,
            event_handler=reader,
            cancel_callback=cancelled,
            quiet=True,
        )

    def _raise_failure(self, reader: EventReader, ended: Any) -> None:
        """Raise when no task ended well: refused by what the hosts said, or Ansible could not start."""
        if reader.anything_done:
            return
        error = refusal(reader.failures, self._settings.known_hosts)
        if error is not None:
            raise error
        if reader.failures or ended.status in {"successful", "canceled"}:
            return
        raise NdcopsError(
            f"Ansible failed with exit code {ended.rc}",
            details=reader.errors[:10] or ended.stdout.read().strip().splitlines()[-10:],
            resolution=f"ansible-playbook --syntax-check {self._settings.playbooks / self._settings.playbook}",
        )

    def _target(self, name: str) -> HostTarget:
        try:
            return self._targets[name]
        except KeyError:
            raise InvalidInput(
                f"there is no host {name} in the inventory", resolution="ndcops inventory"
            ) from None
