"""Switches off two things that the SDK does for every resource and has no switch for (read in v3.246).

Measured on a stack of 209 objects: together half of the program's CPU and a quarter of the state file, which
the engine writes anew at every step.
"""

import pulumi.log
import pulumi.runtime.resource
from pulumi.runtime.proto import source_pb2


def trim_sdk() -> None:
    """No debug lines to the engine (a blocking call each, seen by nobody), no stack trace in the state."""
    _replace(pulumi.log, "debug", _say_nothing)
    # The trace is of this process' frames down to the interpreter, with this machine's paths.
    _replace(pulumi.runtime.resource, "_get_stack_trace", source_pb2.StackTrace)


def _replace(module: object, name: str, replacement: object) -> None:
    """Fails when the SDK has no such function any more: what it replaces must be looked at again."""
    if not callable(getattr(module, name)):
        raise TypeError(f"{name} is not a function")
    setattr(module, name, replacement)


def _say_nothing(msg: str, resource: object = None, stream_id: object = None, ephemeral: object = None) -> None:
    """Takes what `pulumi.log.debug` takes."""
