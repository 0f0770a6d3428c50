"""The plugin as a process: starts from a checkout, prints its port, ends with its engine, imports no SDK."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

PLUGIN = Path(__file__).parents[3] / "ndcops/provider/plugin/pulumi-resource-kubernetes"


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "NDCOPS_PYTHON": sys.executable}


def test_serves_on_the_port_of_its_first_line_until_it_is_interrupted(tmp_path: Path) -> None:
    with subprocess.Popen(
        [PLUGIN, "127.0.0.1:1"], stdout=subprocess.PIPE, cwd=tmp_path, env=_environment()
    ) as plugin:
        assert plugin.stdout is not None
        port = int(plugin.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            assert ResourceProviderStub(channel).GetPluginInfo(Empty(), timeout=5).version
        plugin.send_signal(signal.SIGINT)
        assert plugin.wait(timeout=10) == 0


def test_ends_when_its_engine_was_killed(tmp_path: Path) -> None:
    script = f'"{PLUGIN}" 127.0.0.1:1 & echo $!; wait'
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, env=_environment()) as engine:
        assert engine.stdout is not None
        plugin = int(engine.stdout.readline())
        int(engine.stdout.readline())
        engine.kill()
        # The pipe closes when its last holder, the plugin, is gone.
        assert engine.stdout.read() == b""
    assert not Path(f"/proc/{plugin}/exe").exists()


def test_the_start_imports_neither_the_sdk_nor_what_only_a_write_needs() -> None:
    code = (
        "import sys; from ndcops.provider.light_imports import skip_sdk_initialisers; skip_sdk_initialisers();"
        "import ndcops.provider.server;"
        "heavy = {'pydantic', 'kubernetes', 'urllib3', 'yaml', 'pulumi.automation', 'opentelemetry'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PLUGIN.parents[3]
    )
    assert done.stdout.strip() == ""
