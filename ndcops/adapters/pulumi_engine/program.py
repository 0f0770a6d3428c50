"""A layer's program as a function: runs `stacks/LAYER/__main__.py` by path, in this process."""

import sys
from pathlib import Path

from pulumi.automation import PulumiFn

from ndcops.adapters.pulumi_engine.sdk_trimming import trim_sdk


def layer_program(stacks_dir: Path, layer: str) -> PulumiFn:
    """The inline program of a layer; the program reads only its stack's config.

    Not runpy: it swaps `sys.modules["__main__"]` while it runs, and three sites run in three threads.
    """
    trim_sdk()
    root = str(stacks_dir.parent)
    if root not in sys.path:
        sys.path.append(root)
    path = stacks_dir / layer / "__main__.py"
    code = compile(path.read_bytes(), str(path), "exec")

    def program() -> None:
        exec(code, {"__name__": "__main__", "__file__": str(path)})  # noqa: S102 - our own stack program

    return program
