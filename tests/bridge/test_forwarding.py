"""What passes from clients to the process and back."""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import anyio
import mcp_types as types
import pytest
from mcp import Client, MCPError

from bridge.tool_lists import ToolLists
from tests.bridge.serving import PLAIN, Bridge, eventually, ready, text

MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])
Answer = TypeVar("Answer")
LEGACY = {"MCP_Protocol_Version": "2025-11-25", "Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with ready(PLAIN) as found:
        yield found


def asked(bridge: Bridge, ask: Callable[[Client], Awaitable[Answer]], mode: str = "auto") -> Answer:
    """Return what a client of its own gets."""

    async def within() -> Answer:
        async with bridge.client(mode) as client:
            return await ask(client)

    return anyio.run(within)


def said(bridge: Bridge, method: str) -> list[dict[str, Any]]:
    """Return what the process has got with this method."""
    return [one for one in json.loads(text(bridge.call("said"))) if one["method"] == method]


@MODES
def test_the_capabilities_are_those_of_the_process(bridge: Bridge, mode: str) -> None:
    async def capabilities(client: Client) -> types.ServerCapabilities:
        return client.server_capabilities

    found = asked(bridge, capabilities, mode)
    assert found.model_dump(exclude_none=True) == {
        "tools": {"list_changed": True},
        "prompts": {"list_changed": True},
        "resources": {"list_changed": True, "subscribe": True},
        "logging": {},
        "completions": {},
    }


@MODES
def test_progress_reaches_the_client_that_asked_for_it(bridge: Bridge, mode: str) -> None:
    steps: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        steps.append((progress, total, message))
        await anyio.lowlevel.checkpoint()

    async def ask(client: Client) -> types.CallToolResult:
        return await client.call_tool("progress", {}, progress_callback=note)

    assert text(asked(bridge, ask, mode)) == "done"
    assert steps == [(1, 2, "step 1"), (2, 2, "step 2")]


@MODES
def test_a_call_that_its_client_gives_up_is_cancelled_in_the_process(mode: str) -> None:
    async def give_up(client: Client) -> None:
        with anyio.move_on_after(0.5):
            await client.call_tool("sleep", {"seconds": 30})

    with ready(PLAIN) as bridge:
        asked(bridge, give_up, mode)
        eventually(lambda: len(said(bridge, "notifications/cancelled")) == 1)
        eventually(lambda: bridge.metrics()["mcp_bridge_calls_running"] == 0)
        assert bridge.metrics()['mcp_bridge_call_errors_total{cause="cancelled",tool="sleep"}'] == 1


def test_a_server_that_asks_for_a_model_is_refused(bridge: Bridge) -> None:
    answer = json.loads(text(bridge.call("sample")))
    assert answer == {"code": types.INVALID_REQUEST, "message": "Sampling not supported"}


def test_completion_passes(bridge: Bridge) -> None:
    async def ask(client: Client) -> list[str]:
        reference = types.PromptReference(type="ref/prompt", name="any")
        return (await client.complete(reference, {"name": "city", "value": "o"})).completion.values

    assert asked(bridge, ask) == ["one", "two"]


def test_level_and_subscriptions_are_given_to_a_new_process_too() -> None:
    level = {"jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": {"level": "warning"}}
    subscribe = {"jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": {"uri": "plain://one"}}
    with ready(PLAIN, delay=0.05) as bridge:
        for body in (level, subscribe):
            assert bridge.send(body, **LEGACY)[0] == 200
        bridge.refusal("crash")
        eventually(lambda: bridge.status("/ready") == 200)
        assert said(bridge, "logging/setLevel") == [{"method": "logging/setLevel", "level": "warning"}]
        assert said(bridge, "resources/subscribe") == [{"method": "resources/subscribe", "uri": "plain://one"}]


def test_only_allowed_tools_are_listed_and_called() -> None:
    async def ask(client: Client) -> list[str]:
        with pytest.raises(MCPError, match="the tool large is not offered here"):
            await client.call_tool("large", {"bytes": 1})
        return [tool.name for tool in (await client.list_tools()).tools]

    with ready(PLAIN, tools=ToolLists(allow=["p*", "l*"], deny=["large"])) as bridge:
        assert asked(bridge, ask) == ["pid", "progress", "log"]
