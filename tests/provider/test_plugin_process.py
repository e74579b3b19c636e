"""The plugin as a process: it prints its port, and ends if the engine asks it to or has ended."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from provider.properties import encode

LISTEN = "0A"


@pytest.fixture
def plugin() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-m", "provider", "127.0.0.1:1"], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def port(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    return int(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_plugin_ends_when_the_engine_says_so(plugin: subprocess.Popen[str], number: signal.Signals) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port(plugin)}") as channel:
        provider_pb2_grpc.ResourceProviderStub(channel).Cancel(empty_pb2.Empty(), timeout=10)
        os.kill(plugin.pid, number)
        # At the end of every command, the engine waits five seconds before it kills a plugin.
        assert plugin.wait(4) == 0


def test_the_plugin_ends_however_often_it_is_told_to(plugin: subprocess.Popen[str]) -> None:
    port(plugin)
    for _ in range(300):
        os.kill(plugin.pid, signal.SIGINT)
        os.kill(plugin.pid, signal.SIGTERM)
    assert plugin.wait(4) == 0


def test_a_wait_does_not_keep_the_plugin_alive(plugin: subprocess.Popen[str]) -> None:
    with endless() as kubeconfig, grpc.insecure_channel(f"127.0.0.1:{port(plugin)}") as channel:
        provider = provider_pb2_grpc.ResourceProviderStub(channel)
        provider.Configure(provider_pb2.ConfigureRequest(args=encode({"kubeconfig": kubeconfig})))
        kind = "kubernetes:core/v1:PersistentVolume"
        inputs = encode({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v"}})
        created = provider.Create.future(provider_pb2.CreateRequest(type=kind, properties=inputs))
        assert Waiting.seen.wait(10)
        os.kill(plugin.pid, signal.SIGTERM)
        assert plugin.wait(4) == 0
        assert created.exception() is not None


class Waiting(BaseHTTPRequestHandler):
    """An API server whose only volume never becomes available."""

    protocol_version = "HTTP/1.1"
    seen = threading.Event()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kinds = {"resources": [{"kind": "PersistentVolume", "name": "persistentvolumes", "namespaced": False}]}
        volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v", "uid": "u"}}
        body = json.dumps(kinds if self.path == "/api/v1" else volume).encode()
        if self.command == "GET" and self.path.endswith("/v"):
            self.seen.set()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def endless() -> Iterator[str]:
    """Return the kubeconfig of a `Waiting` server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Waiting) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        cluster = {"server": f"http://127.0.0.1:{server.server_port}"}
        context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
        clusters, users = [{"name": "c", "cluster": cluster}], [{"name": "u", "user": {"token": "t"}}]
        yield json.dumps({"current-context": "c", "contexts": [context], "clusters": clusters, "users": users})
        server.shutdown()
        thread.join()


def test_the_plugin_listens_on_loopback_only(plugin: subprocess.Popen[str]) -> None:
    number = f"{port(plugin):04X}"
    tables = [Path(f"/proc/{plugin.pid}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()]
    listening = [row[1] for row in rows if row[3] == LISTEN and row[1].endswith(f":{number}")]
    assert listening
    # 127.0.0.1, also in the form of an IPv6 socket: ::ffff:127.0.0.1.
    assert all(address.endswith(f"0100007F:{number}") for address in listening)
