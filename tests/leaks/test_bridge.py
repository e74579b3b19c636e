"""The bridge logs no request: neither tokens, nor addresses, nor what clients and the server say to each other."""

import json
import os
import socket
from pathlib import Path

from tests.bridge.serving import PLAIN, Process, eventually, running
from tests.leaks.canary import canary, leaks
from tests.leaks.sampling import sampled

WAYS = ("token", "wrong token", "query", "path", "header", "argument", "method", "body", "environment")
CANARIES = {way: canary(way, plain=True) for way in WAYS}


def call(name: str, **arguments: str) -> dict[str, object]:
    about = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    parameters = {"name": name, "arguments": arguments, "_meta": about}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters}


def say_everything(bridge: Process) -> None:
    """Send each value in its way; most requests are refused."""
    said = {way: one.value for way, one in CANARIES.items()}
    right = {"Authorization": f"Bearer {said['token']}", "X-Api-Key": said["header"], "Mcp-Session-Id": said["header"]}
    assert bridge.send(call("log", text=said["argument"], **{said["argument"]: "1"}), **right)[0] == 200
    bridge.send(call(said["argument"]), **right)
    bridge.send({"jsonrpc": "2.0", "id": 2, "method": said["method"], "params": {}}, **right)
    bridge.send(said["body"], **right)
    assert bridge.send(call("pid"), Authorization=f"Bearer {said['wrong token']}")[0] == 401
    for path in (f"/{said['path']}", f"/mcp?token={said['query']}", f"/ready?token={said['query']}"):
        bridge.status(path)
    for line in (f"GET /{said['path']} HTTP/9\r\n\r\n", f"{said['method']} / HTTP/1.1\r\n{said['header']}\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", bridge.port)) as raw:
            raw.sendall(line.encode())
            raw.recv(100)


def test_bridge_logs_nothing_of_its_requests(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"{CANARIES['token'].value}\n")
    options = ("--token-file", str(file), "--allow-tool", "log")
    with (
        sampled(os.getpid()) as sample,
        running(PLAIN, *options, API_KEY=CANARIES["environment"].value) as bridge,
    ):
        eventually(lambda: bridge.status("/ready") == 200, 60)
        say_everything(bridge)
        metrics = json.dumps(bridge.metrics())
        eventually(lambda: any("plain_server" in command for command in sample.commands), 60)
        bridge.process.terminate()
        _, log = bridge.process.communicate(timeout=120)
    texts = {"log": log, "metrics": metrics, "commands": "\n".join(sample.commands)}
    assert leaks(CANARIES.values(), texts) == {}
