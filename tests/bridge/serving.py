"""A bridge that runs in front of a stdio server, for the tests."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import httpx2
import mcp_types as types
import pytest
import uvicorn
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from bridge.admission import Admission
from bridge.http_app import HttpApp
from bridge.server_process import Limits
from bridge.tool_lists import ToolLists
from local.waiting import wait_until
from tests.preloaded import START, Preloaded

SERVER = [sys.executable, str(Path(__file__).with_name("stdio_server.py"))]
"""Made with the SDK, as most are: it needs a second to start."""
PLAIN = [sys.executable, str(Path(__file__).with_name("plain_server.py"))]


@asynccontextmanager
async def _transport(url: str) -> AsyncIterator[Any]:
    """Give a connection without TLS: the SDK's own reads all certificates of the machine, each time."""
    async with (
        httpx2.AsyncClient(verify=False, timeout=30) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


@dataclass(frozen=True)
class Bridge:
    """A running bridge."""

    port: int

    def status(self, path: str, host: str = "localhost") -> int:
        """Return the HTTP status of a GET."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except urllib.error.URLError:
            return 0

    def send(self, body: object, method: str = "POST", **headers: str) -> tuple[int, dict[str, str], str]:
        """Return status, headers and body of the answer to a request for MCP, by hand."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/mcp",
            data=json.dumps(body).encode() if method == "POST" else None,
            headers={"Content-Type": "application/json", "Accept": "application/json"}
            | {name.replace("_", "-"): value for name, value in headers.items()},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read().decode()

    def metrics(self) -> dict[str, float]:
        """Return the samples of /metrics, by name and labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}

    def client(self, mode: str = "auto") -> Client:
        """Return a client of its MCP endpoint."""
        return Client(_transport(f"http://127.0.0.1:{self.port}/mcp"), read_timeout_seconds=20, mode=mode)

    def call(self, tool: str, **arguments: object) -> types.CallToolResult:
        """Call a tool through a new client."""

        async def ask() -> types.CallToolResult:
            async with self.client() as client:
                return await client.call_tool(tool, arguments)

        return anyio.run(ask)

    def refusal(self, tool: str, **arguments: object) -> types.ErrorData:
        """Return the MCP error of a tool call."""

        async def ask() -> types.ErrorData:
            async with self.client() as client:
                with pytest.raises(MCPError) as caught:
                    await client.call_tool(tool, arguments)
                return caught.value.error

        return anyio.run(ask)


@dataclass(frozen=True)
class Process(Bridge):
    """A bridge that is a process of its own."""

    process: subprocess.Popen[str]


def text(result: types.CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, types.TextContent)
    return content.text


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    assert wait_until(holds, seconds, pause=0.02), f"not within {seconds} s"


@contextmanager
def running(command: Sequence[str], *options: str, **env: str) -> Iterator[Process]:
    """A bridge on a free port; ended when the block ends."""
    process: Preloaded[str] = Preloaded(
        [*START, "bridge", "--host", "127.0.0.1", "--port", "0", *options, "--", *command],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | env,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"listening on port (\d+)", line)
        assert found, line
        yield Process(int(found[1]), process)
    finally:
        process.terminate()
        process.communicate(timeout=10)


@contextmanager
def served(
    command: Sequence[str],
    *,
    timeout: float = 60,
    host: str = "127.0.0.1",
    delay: float = Limits.first_delay,
    answer_bytes: int = Limits.answer_bytes,
    admission: Admission | None = None,
    tools: ToolLists | None = None,
) -> Iterator[Bridge]:
    """A bridge in a thread of this process, which starts sooner."""
    limits = Limits(timeout=timeout, first_delay=delay, answer_bytes=answer_bytes)
    allowed = admission or Admission(loopback=host == "127.0.0.1")
    app = HttpApp(command, limits, allowed, tools or ToolLists())
    config = uvicorn.Config(app.application(), log_config=None, access_log=False, timeout_graceful_shutdown=1)
    http = uvicorn.Server(config)
    with socket.create_server((host, 0)) as listener:
        thread = Thread(target=anyio.run, args=(partial(http.serve, sockets=[listener]),))
        thread.start()
        try:
            yield Bridge(listener.getsockname()[1])
        finally:
            http.should_exit = True
            thread.join()


@contextmanager
def ready(command: Sequence[str], **settings: Any) -> Iterator[Bridge]:
    """The same, once it is ready."""
    with served(command, **settings) as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        yield bridge
