"""Preview, apply, drift and destroy of one stack through the engine."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pulumi.automation.errors import CommandError

from ndcops.adapters.pulumi_engine.command import OwnedCommand
from ndcops.adapters.pulumi_engine.events import EventCollector, OnProgress
from ndcops.adapters.pulumi_engine.failure import engine_failure, system_failures
from ndcops.adapters.pulumi_engine.program import layer_program
from ndcops.adapters.pulumi_engine.settings import EngineSettings
from ndcops.adapters.pulumi_engine.stack_lock import locked_stack
from ndcops.adapters.pulumi_engine.state_files import KeptState, StateReader
from ndcops.adapters.pulumi_engine.state_safety import whole_state
from ndcops.adapters.pulumi_engine.workspace import OwnedStack, open_stack
from ndcops.model.errors import Interrupted
from ndcops.model.record import JsonObject
from ndcops.model.stack_changes import StackChanges, StackId
from ndcops.model.stack_input import StackInput

PARALLEL = 64
"""Operations at once: waits are cheap and the engine's default (4 a core) would queue behind them."""

EVENTS_TIMEOUT_S = 5.0
"""How long the last event may come after the engine has ended."""


Operate = Callable[[OwnedStack, dict[str, Any]], object]


class PulumiEngine:
    """Runs stacks of one target; methods block, and may be called from several threads for several stacks."""

    def __init__(self, settings: EngineSettings, version: str) -> None:
        self._settings = settings
        self._version = version
        self._states = StateReader()
        self._running: set[OwnedCommand] = set()
        self._guard = threading.Lock()
        self._interrupted = False
        settings.prepare()

    def preview(self, stack: StackId, program_input: StackInput, on_progress: OnProgress) -> StackChanges:
        """What `apply` would change now. Raises NdcopsError with the engine's reasons."""
        return self._run(stack, program_input, on_progress, lambda opened, options: opened.preview(**options))

    def apply(
        self, stack: StackId, program_input: StackInput, on_progress: OnProgress, *, refresh: bool = False
    ) -> StackChanges:
        """Make the stack what its program says.

        refresh: read the live objects first and take back fields that others changed since; without it a field
        that somebody else has taken is a conflict, and fails.
        """

        def up(opened: OwnedStack, options: dict[str, Any]) -> None:
            if self.pending(stack):
                # Of a killed run. The engine would keep them for ever: cleared, they are created again, and the
                # provider adopts what exists already.
                opened.refresh(
                    parallel=PARALLEL,
                    color="never",
                    show_secrets=False,
                    run_program=False,
                    clear_pending_creates=True,
                )
            opened.up(show_secrets=False, suppress_outputs=True, refresh=refresh or None, **options)

        return self._run(stack, program_input, on_progress, self._safely(stack, up), take_over=refresh)

    def drift(self, stack: StackId, program_input: StackInput, on_progress: OnProgress) -> StackChanges:
        """What differs in the cluster from the state; changes nothing."""
        return self._run(
            stack,
            program_input,
            on_progress,
            lambda opened, options: opened.preview_refresh(show_secrets=False, run_program=False, **options),
        )

    def destroy(self, stack: StackId, program_input: StackInput, on_progress: OnProgress) -> StackChanges:
        """Delete every object of the stack."""
        return self._run(
            stack,
            program_input,
            on_progress,
            self._safely(
                stack,
                lambda opened, options: opened.destroy(show_secrets=False, run_program=False, **options),
            ),
        )

    def outputs(self, stack: StackId) -> JsonObject | None:
        """The stack's outputs, or None when it was never applied."""
        kept = self._kept(stack)
        return kept.outputs if kept.object_count else None

    def object_count(self, stack: StackId) -> int | None:
        """How many objects the stack's state holds, or None when it was never applied."""
        return self._kept(stack).object_count

    def pending(self, stack: StackId) -> tuple[str, ...]:
        """Operations that a killed run left unfinished."""
        return self._kept(stack).pending

    def fingerprint(self, stack: StackId) -> str:
        """Changes whenever the stack's state does."""
        return self._kept(stack).fingerprint

    def interrupt(self) -> None:
        """Ask every running engine to finish its steps in hand; runs begun later stop at once."""
        with self._guard:
            self._interrupted = True
            for command in self._running:
                command.interrupt()

    def _kept(self, stack: StackId) -> KeptState:
        return self._states.read(self._settings.state_file(stack), stack)

    def _safely(self, stack: StackId, operation: Operate) -> Operate:
        """The operation, with the state kept whole around it; a shared backend looks after its own."""

        def run(opened: OwnedStack, options: dict[str, Any]) -> object:
            with whole_state(self._settings.state_file(stack), stack):
                return operation(opened, options)

        return run if self._settings.keeps_files else operation

    def _run(
        self,
        stack: StackId,
        program_input: StackInput,
        on_progress: OnProgress,
        operation: Operate,
        *,
        take_over: bool = False,
    ) -> StackChanges:
        began = time.monotonic()
        events = EventCollector(stack, on_progress, self.object_count(stack))
        with system_failures(stack), locked_stack(self._settings, stack) as lock, self._owned(lock) as command:
            program = layer_program(self._settings.stacks_dir, stack.layer)
            try:
                opened = open_stack(self._settings, stack, command, program, program_input, take_over=take_over)
                operation(opened, {"on_event": events, "parallel": PARALLEL, "color": "never"})
            except CommandError as error:
                if self._interrupted:
                    raise Interrupted(f"stack {stack}: stopped; its state is saved") from error
                raise engine_failure(stack, events, error) from error
        events.ended.wait(EVENTS_TIMEOUT_S)
        return StackChanges(
            stack=stack,
            changes=tuple(sorted(events.changes.values(), key=lambda change: change.urn)),
            unchanged=events.unchanged,
            outputs=self.outputs(stack) or {},
            duration_ms=round((time.monotonic() - began) * 1000),
        )

    @contextmanager
    def _owned(self, lock: int) -> Iterator[OwnedCommand]:
        command = OwnedCommand(self._settings.pulumi, self._version, lock)
        with self._guard:
            self._running.add(command)
            if self._interrupted:
                command.interrupt()
        try:
            yield command
        finally:
            with self._guard:
                self._running.discard(command)
