"""The endpoints over HTTP, and what the bridge survives."""

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path

import anyio
import pytest
import uvicorn
from anyio import to_thread

from bridge.admission import Admission
from bridge.http_app import HttpApp
from bridge.server_process import Limits
from bridge.tool_lists import ToolLists
from tests.bridge.serving import PLAIN, Bridge, eventually, ready, running, text

BOTH = "application/json, text/event-stream"
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "pid"}}


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with ready(PLAIN) as found:
        yield found


def test_a_token_is_needed_for_mcp_alone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret-1")
    with running(PLAIN, "--token-file", str(file)) as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        status, headers, _ = bridge.send(CALL)
        assert (status, headers["www-authenticate"]) == (401, "Bearer")
        assert bridge.send(CALL, Authorization="Bearer secret-1")[0] == 200
        assert bridge.status("/metrics") == 200


def test_a_stop_lets_calls_end_and_refuses_new_ones() -> None:
    with running(PLAIN) as bridge, ThreadPoolExecutor(2) as pool:
        eventually(lambda: bridge.status("/ready") == 200)
        slow = {**CALL, "params": {"name": "sleep", "arguments": {"seconds": 3}}}
        call = pool.submit(bridge.send, slow, Accept=BOTH)
        eventually(lambda: bridge.metrics()["mcp_bridge_calls_running"] == 1)
        stream = pool.submit(bridge.send, None, "GET", Accept="text/event-stream")
        time.sleep(0.2)
        bridge.process.terminate()
        eventually(lambda: bridge.status("/ready") == 503, 2)
        status, headers, body = bridge.send(CALL)
        assert (status, headers["retry-after"]) == (503, "1")
        assert json.loads(body)["error"] == "the bridge is stopping: try again, for another pod"
        assert stream.result(timeout=2)[0] == 200
        assert "awake" in call.result()[2]
        assert bridge.process.wait(timeout=10) == 0


def test_a_call_that_takes_too_long_does_not_hold_up_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.http_app.DRAIN_SECONDS", 0.3)
    slow = {**CALL, "params": {"name": "sleep", "arguments": {"seconds": 60}}}

    async def stop() -> float:
        app = HttpApp(PLAIN, Limits(), Admission(), ToolLists())
        http = uvicorn.Server(uvicorn.Config(app.application(), log_config=None, timeout_graceful_shutdown=1))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            bridge = Bridge(listener.getsockname()[1])

            def call() -> None:
                with suppress(OSError, HTTPException):  # it is cut off
                    bridge.send(slow, Accept=BOTH)

            async with anyio.create_task_group() as group:
                group.start_soon(partial(http.serve, sockets=[listener]))
                await to_thread.run_sync(eventually, lambda: bridge.status("/ready") == 200)
                group.start_soon(to_thread.run_sync, call)
                await to_thread.run_sync(eventually, lambda: bridge.metrics()["mcp_bridge_calls_running"] == 1)
                begun = time.monotonic()
                await app.drain()
                http.should_exit = True
                took = time.monotonic() - begun
        return took

    assert 0.2 < anyio.run(stop) < 2


def test_many_calls_at_the_same_time(bridge: Bridge) -> None:
    async def ask() -> list[str]:
        found: list[str] = []

        async def call(number: int) -> None:
            result = await client.call_tool("large", {"bytes": number})
            found.append(text(result))

        async with bridge.client() as client, anyio.create_task_group() as group:
            for number in range(200):
                group.start_soon(call, number)
        return found

    assert sorted(anyio.run(ask), key=len) == ["x" * number for number in range(200)]


def test_much_on_standard_error_holds_nothing_up(bridge: Bridge) -> None:
    assert text(bridge.call("flood", lines=20_000)) == "flooded"


def test_garbage_on_standard_output_is_passed_over(bridge: Bridge) -> None:
    assert text(bridge.call("garbage")) == "after garbage"
    assert bridge.status("/ready") == 200


def test_a_large_answer_is_refused_and_the_server_lives_on(bridge: Bridge) -> None:
    first = text(bridge.call("pid"))
    refused = bridge.refusal("large", bytes=50_000_000).message
    assert re.fullmatch("the server's answer has 500000[0-9]{2} bytes: the bridge passes on at most 16777216", refused)
    assert text(bridge.call("pid")) == first


def test_a_large_answer_passes_if_it_may() -> None:
    size = 20_000_000
    with ready(PLAIN, answer_bytes=2 * size) as bridge:
        assert len(text(bridge.call("large", bytes=size))) == size
