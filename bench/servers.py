"""50 MCP servers that each take 200 ms for an answer: asked at the same time, against one by one."""

import asyncio
import json
from functools import partial
from time import perf_counter
from typing import Any

import anyio

from checks.kube.connection import Connection
from checks.mcp.answer import Outcome
from checks.mcp.probe import probe

SERVERS = 50
LATENCY_SECONDS = 0.2
GOAL = 0.15

_RESULT = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
_ANSWERS: dict[str, dict[str, Any]] = {
    "server/discover": {
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "bench", "version": "1"},
    },
    "tools/list": {"tools": [{"name": "tool", "inputSchema": {"type": "object"}}]},
}


async def main() -> None:
    """Print the ratio."""
    servers = [await asyncio.start_server(_serve, "127.0.0.1", 0) for _ in range(SERVERS)]
    places = [Connection("bench", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") for server in servers]
    await _ask(places[0])
    started = perf_counter()
    async with anyio.create_task_group() as group:
        for place in places:
            group.start_soon(partial(_ask, place))
    together, started = perf_counter() - started, perf_counter()
    for place in places:
        await _ask(place)
    apart = perf_counter() - started
    for server in servers:
        server.close()
    print(
        f"{SERVERS} MCP servers of {LATENCY_SECONDS * 1000:.0f} ms: at the same time {together:.2f} s / one by one "
        f"{apart:.2f} s = {together / apart:.2f} (goal {GOAL})"
    )


async def _ask(place: Connection) -> None:
    answer = await probe(place, "/mcp", ())
    assert answer.outcome is Outcome.ANSWERED, answer.detail


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer JSON-RPC over HTTP, so slowly as a server far away."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            headers = (line.partition(":") for line in head.decode().lower().splitlines())
            length = next((int(value) for name, _, value in headers if name == "content-length"), 0)
            message = json.loads(await reader.readexactly(length))
            await asyncio.sleep(LATENCY_SECONDS)
            result = {**_RESULT, **_ANSWERS[message["method"]]}
            body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        pass  # the client has gone, or the bench is over
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(main())
