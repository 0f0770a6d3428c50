"""Runs a layer's program against Pulumi's mocks and keeps what it registers; used by the tests of the stacks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from runpy import run_path

import pulumi
from pulumi.runtime import mocks
from pulumi.runtime.config import set_all_config
from pulumi.runtime.stack import Stack, get_root_resource

from ndcops.model.record import JsonObject
from ndcops.model.stack_input import StackInput

STACKS = Path(__file__).resolve().parents[2] / "stacks"


@dataclass
class Recorded(mocks.Mocks):
    """The resources that a program registered, in Kubernetes' own words, and its outputs."""

    objects: list[JsonObject] = field(default_factory=list)
    providers: list[JsonObject] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    outputs: JsonObject = field(default_factory=dict)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, JsonObject]:
        if args.typ == "pulumi:providers:kubernetes":
            self.providers.append(args.inputs)
        elif args.typ.startswith("kubernetes:"):
            self.objects.append(args.inputs)
            self.names.append((args.typ, args.name))
        return args.name, args.inputs

    def call(self, args: mocks.MockCallArgs) -> JsonObject:
        raise AssertionError(f"a stack must call no function of a provider: {args.token}")

    def by_name(self) -> dict[tuple[str, str], JsonObject]:
        return dict(zip(self.names, self.objects, strict=True))

    def of_kind(self, kind: str) -> list[JsonObject]:
        return [each for each in self.objects if each["kind"] == kind]

    def named(self, kind: str, name: str) -> JsonObject:
        (found,) = (each for each in self.of_kind(kind) if each["metadata"]["name"] == name)
        return found


def run_layer(layer: str, given: StackInput) -> Recorded:
    """Runs `stacks/LAYER/__main__.py` as ndcops does: by path, with one value of configuration."""
    return _run_once(layer, given.model_dump_json(by_alias=True))


@cache
def _run_once(layer: str, site_json: str) -> Recorded:
    return run_program(layer, site_json)


def run_program(layer: str, site_json: str) -> Recorded:
    """Runs a layer's program with any text as its site."""

    def program() -> JsonObject:
        set_all_config({"ndcops:site": site_json})
        run_path(str(STACKS / layer / "__main__.py"), run_name="__main__")
        root = get_root_resource()
        assert isinstance(root, Stack)
        return root.outputs

    return record(program)


def record(program: Callable[[], JsonObject]) -> Recorded:
    """Runs a program against mocks; what it returns are its outputs."""
    recorded = Recorded()
    # The mocks give each thread that registers an event loop and never close it: one thread, with ours.
    ours, its_own = asyncio.new_event_loop(), asyncio.new_event_loop()
    with (
        closing(ours),
        closing(its_own),
        ThreadPoolExecutor(1, "mocks", asyncio.set_event_loop, (its_own,)) as one,
    ):
        ours.set_default_executor(one)
        asyncio.set_event_loop(ours)
        try:
            pulumi.runtime.set_mocks(recorded)
            pulumi.runtime.test(lambda: recorded.outputs.update(program()))()
        finally:
            asyncio.set_event_loop(None)
    return recorded
