"""A client that calls a tool of an MCP server 20 times a second, through the Service, and counts what fails."""

import json
import time
from threading import Event, Thread
from types import TracebackType

import anyio
import httpx2

from checks.kube.connection import Connection
from checks.mcp.messages import VERSION

CALLS_A_SECOND = 20
MOST_AT_ONCE = 50
"""A busy machine answers late; more calls than these would wait for a connection, not for an answer."""
PATIENCE = httpx2.Timeout(120.0)
_META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
_HEADERS = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "MCP-Protocol-Version": VERSION,
    "Mcp-Method": "tools/call",
    "Mcp-Name": "get_current_time",
}
_CALL = {"name": "get_current_time", "arguments": {"timezone": "UTC"}, "_meta": _META}


class Load:
    """Calls while its block runs; each call is sent once."""

    def __init__(self, connection: Connection, path: str) -> None:
        self._connection, self._path = connection, path
        self._done = Event()
        self._thread = Thread(target=lambda: anyio.run(self._run))
        self.calls = 0
        self.failures: list[str] = []

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    async def _run(self) -> None:
        limiter = anyio.Semaphore(MOST_AT_ONCE)
        async with self._connection.client() as http, anyio.create_task_group() as group:
            next_at = time.monotonic()
            while not self._done.is_set():
                await limiter.acquire()
                group.start_soon(self._call, http, limiter)
                next_at += 1 / CALLS_A_SECOND
                await anyio.sleep(max(0.0, next_at - time.monotonic()))

    async def _call(self, http: httpx2.AsyncClient, limiter: anyio.Semaphore) -> None:
        self.calls += 1
        message = {"jsonrpc": "2.0", "id": self.calls, "method": "tools/call", "params": _CALL}
        try:
            url = self._connection.host + self._path
            response = await http.post(url, content=json.dumps(message), headers=_HEADERS, timeout=PATIENCE)
        except httpx2.HTTPError as error:
            self.failures.append(repr(error))
            return
        finally:
            limiter.release()
        if response.status_code != 200 or '"result"' not in response.text or '"isError":true' in response.text:
            self.failures.append(f"{response.status_code} {response.text[:200]}")
