"""The plugin's process: `python -m ndcops.provider ENGINE_ADDRESS`, started by the Pulumi engine.

Prints its port as first line, then serves until the engine stops it or goes away.
"""

import os
import signal
import sys

from ndcops.provider.light_imports import skip_sdk_initialisers

_THREADS = 1024
"""A thread per call in flight: waits sleep in theirs, so calls that decide must always find another."""
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PARENT_CHECK_S = 0.5
_GRACE_S = 2.0


def main(arguments: list[str]) -> None:
    """Serve the engine at the last argument; without one (debugging) wait for Attach."""
    skip_sdk_initialisers()
    from concurrent.futures import ThreadPoolExecutor

    import grpc
    from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

    from ndcops.provider.server import KubernetesProvider

    # Blocked here and in every thread that follows, and waited for below: a handler that sets an Event can
    # meet the Event's own lock and hang for ever.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    parent = os.getppid()
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(_THREADS, "call"), options=unlimited)
    add_ResourceProviderServicer_to_server(KubernetesProvider(arguments[-1] if arguments else ""), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # An engine that was killed sends no signal: its plugin must not stay behind.
    while os.getppid() == parent and signal.sigtimedwait(_STOP_SIGNALS, _PARENT_CHECK_S) is None:
        pass
    server.stop(_GRACE_S).wait()


if __name__ == "__main__":
    main(sys.argv[1:])
