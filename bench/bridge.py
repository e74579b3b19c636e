"""A tool call through the bridge, against the same call by standard input and output alone."""

import asyncio
import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from time import perf_counter

CALLS = 500
PARALLEL = 20
GOALS = (3.0, 8.0)
"""Milliseconds that the bridge may add to a call: median, and 95th percentile."""
GOAL_RATE = 300
"""Calls a second of processor time."""
GOAL_MEGABYTES = 90

_SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    result = {"content": [{"type": "text", "text": "as asked"}]}
    if asked["method"] == "initialize":
        result = {"protocolVersion": asked["params"]["protocolVersion"], "capabilities": {"tools": {}},
                  "serverInfo": {"name": "bench", "version": "1"}}
    elif asked["method"] == "tools/list":
        result = {"tools": [{"name": "tool", "inputSchema": {"type": "object"}}]}
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""
_COMMAND = (sys.executable, "-c", _SERVER)
_CALL = {"method": "tools/call", "params": {"name": "tool", "arguments": {}}}


class _Http:
    """A connection to the bridge that is kept, by hand: an HTTP client would take longer than the bridge."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def call(self) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, **_CALL})
        head = (
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\n"
        )
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: *(\d+)", answer)
        content = await self._reader.readexactly(int(length[1])) if length else b""
        if b"as asked" not in content:
            raise SystemExit(f"the bridge answers {answer}")


async def main() -> None:
    """Print what the bridge adds, how many calls it manages, and what memory it has then."""
    bridge = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "--host", "127.0.0.1", "--port", "0", "--", *_COMMAND),
        stderr=asyncio.subprocess.PIPE,
    )
    server = await asyncio.create_subprocess_exec(
        *_COMMAND, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        port = await _port(bridge)
        http = await _connected(port)
        direct, bridged = await _latencies(server, http)
        rate = await _rate(bridge.pid, [await _connected(port) for _ in range(PARALLEL)])
    finally:
        for process in (bridge, server):
            process.terminate()
            await process.wait()
    alone = _percentiles(direct)
    added = [one - other for one, other in zip(_percentiles(bridged), alone, strict=True)]
    print(
        f"a tool call through the bridge: p50 {added[0]:.1f} ms (goal {GOALS[0]:g}) and p95 {added[1]:.1f} ms (goal "
        f"{GOALS[1]:g}) more than {alone[0]:.2f} and {alone[1]:.2f} ms by stdio alone; {PARALLEL} at a time "
        f"{rate[0]:.0f} calls a second of its processor (goal {GOAL_RATE}), {rate[1]:.0f} MB (goal {GOAL_MEGABYTES})"
    )


async def _latencies(server: asyncio.subprocess.Process, http: _Http) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each call, by both ways in turn."""
    direct: list[float] = []
    bridged: list[float] = []
    for number in range(CALLS + 50):
        started = perf_counter()
        await _ask(server)
        between = perf_counter()
        await http.call()
        if number >= 50:  # both are warm
            direct.append((between - started) * 1000)
            bridged.append((perf_counter() - between) * 1000)
    return direct, bridged


async def _ask(server: asyncio.subprocess.Process) -> None:
    if server.stdin is None or server.stdout is None:
        raise SystemExit("the server has no pipes")
    server.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, **_CALL}).encode() + b"\n")
    await server.stdout.readline()


async def _rate(pid: int, connections: list[_Http]) -> tuple[float, float]:
    """Return calls a second of the bridge's processor time, and its megabytes."""

    async def work(http: _Http) -> None:
        for _ in range(CALLS // PARALLEL * 4):
            await http.call()

    before = _processor_seconds(pid)
    await asyncio.gather(*(work(http) for http in connections))
    calls = CALLS // PARALLEL * 4 * len(connections)
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    resident = re.search(r"VmRSS:\s*(\d+)", status)
    return calls / (_processor_seconds(pid) - before), int(resident[1]) / 1024 if resident else 0


def _processor_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def _port(bridge: asyncio.subprocess.Process) -> int:
    """Return the port of the bridge once it is ready."""
    line = (await bridge.stderr.readline()).decode() if bridge.stderr else ""
    found = re.search(r"listening on port (\d+)", line)
    if not found:
        raise SystemExit(f"the bridge does not start: {line}")
    deadline = perf_counter() + 30
    while perf_counter() < deadline:
        with suppress(ConnectionRefusedError):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(found[1]))
            writer.write(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            status = await reader.readline()
            writer.close()
            if b" 200 " in status:
                return int(found[1])
        await asyncio.sleep(0.05)
    raise SystemExit("the bridge does not become ready")


async def _connected(port: int) -> _Http:
    return _Http(*await asyncio.open_connection("127.0.0.1", port))


def _percentiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[len(values) // 2], ordered[len(values) * 95 // 100]


if __name__ == "__main__":
    asyncio.run(main())
