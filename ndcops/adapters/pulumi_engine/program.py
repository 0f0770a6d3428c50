"""A layer's program as a function: runs `stacks/LAYER/__main__.py` by path, in this process."""

import sys
from pathlib import Path

import pulumi.log
from pulumi.automation import PulumiFn


def layer_program(stacks_dir: Path, layer: str) -> PulumiFn:
    """The inline program of a layer; the program reads only its stack's config.

    Not runpy: it swaps `sys.modules["__main__"]` while it runs, and three sites run in three threads.
    """
    _silence_debug_log()
    root = str(stacks_dir.parent)
    if root not in sys.path:
        sys.path.append(root)
    path = stacks_dir / layer / "__main__.py"
    code = compile(path.read_bytes(), str(path), "exec")

    def program() -> None:
        exec(code, {"__name__": "__main__", "__file__": str(path)})  # noqa: S102 - our own stack program

    return program


def _silence_debug_log() -> None:
    """Keep the SDK from sending its debug lines to the engine.

    Each is a blocking call over gRPC, several for every resource, and nobody sees them: measured, half of the
    program's time. The SDK has no switch for it (pulumi.log.debug, v3.246).
    """
    pulumi.log.debug = _say_nothing


def _say_nothing(msg: str, resource: object = None, stream_id: object = None, ephemeral: object = None) -> None:
    """Take what `pulumi.log.debug` takes."""
