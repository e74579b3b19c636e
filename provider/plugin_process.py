"""The plugin process: serves until the engine asks it to stop or has ended."""

import logging
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from select import select

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2_grpc

from provider import private_memory
from provider.server import KubernetesProvider
from provider.settings import MAX_CALLS

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PARENT_CHECK = 5.0
"""Seconds between checks whether the engine process still exists."""


def _stop_pipe() -> int:
    """Return a file descriptor that becomes readable when the engine asks the plugin to stop.

    The engine starts the plugin in its own process group, so it gets no Ctrl-C of the user: SIGINT comes from the
    engine. A Python signal handler could miss a wait that is about to begin, and must not take locks.
    """
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    for number in _STOP_SIGNALS:
        signal.signal(number, lambda *_: None)
    return readable


def serve() -> None:
    """Serve on a free loopback port, printed for the engine, until the engine asks to stop or has ended."""
    private_memory.protect()
    logging.getLogger().addHandler(logging.NullHandler())  # packages would also log what we report as an error
    stop = _stop_pipe()
    # Large CRDs exceed the default message size of 4 MiB.
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(MAX_CALLS), options=unlimited)
    engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(sys.argv[1])) if len(sys.argv) > 1 else None
    provider = KubernetesProvider(engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    parent = os.getppid()
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not select([stop], [], [], _PARENT_CHECK)[0] and os.getppid() == parent:
        pass
    for number in _STOP_SIGNALS:
        # Python drops its handlers at exit, and a second signal would then kill the process.
        signal.signal(number, signal.SIG_IGN)
    provider.cancel()  # a wait in progress would keep the process alive
    server.stop(None)
