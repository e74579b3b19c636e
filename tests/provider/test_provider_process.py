"""The plugin as a process: it prints its port, and ends as soon as the engine says so or is gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

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
        # The engine waits five seconds before it kills, at the end of every command.
        assert plugin.wait(4) == 0


def test_the_plugin_listens_on_loopback_only(plugin: subprocess.Popen[str]) -> None:
    number = f"{port(plugin):04X}"
    tables = [Path(f"/proc/{plugin.pid}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()]
    listening = [row[1] for row in rows if row[3] == LISTEN and row[1].endswith(f":{number}")]
    assert listening
    # 127.0.0.1, also as the IPv6 socket shows it: ::ffff:127.0.0.1.
    assert all(address.endswith(f"0100007F:{number}") for address in listening)
