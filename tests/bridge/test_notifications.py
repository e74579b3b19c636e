"""What the process says on its own, and who gets it."""

import json
import urllib.request
from collections.abc import Iterator

import anyio
import mcp_types as types
import pytest
from mcp import Client
from mcp.shared.subscriptions import PromptsListChanged, ResourcesListChanged, ResourceUpdated, ToolsListChanged

from tests.bridge.serving import PLAIN, Bridge, eventually, ready, text


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with ready(PLAIN) as found:
        yield found


def test_changes_reach_clients_that_listen(bridge: Bridge) -> None:
    async def ask() -> list[object]:
        found: list[object] = []
        async with (
            bridge.client() as client,
            client.listen(
                tools_list_changed=True,
                prompts_list_changed=True,
                resources_list_changed=True,
                resource_subscriptions=["plain://one"],
            ) as events,
        ):
            await client.call_tool("announce", {})
            with anyio.fail_after(10):
                while len(found) < 4:
                    found.append(await anext(events))
        return found

    assert anyio.run(ask) == [
        ToolsListChanged(),
        PromptsListChanged(),
        ResourcesListChanged(),
        ResourceUpdated(uri="plain://one"),
    ]


def test_who_listens_is_subscribed_until_it_goes(bridge: Bridge) -> None:
    async def ask() -> None:
        async with bridge.client() as client, client.listen(resource_subscriptions=["plain://two"]):
            pass

    anyio.run(ask)

    def said(method: str) -> bool:
        return {"method": method, "uri": "plain://two"} in json.loads(text(bridge.call("said")))

    assert said("resources/subscribe")
    eventually(lambda: said("resources/unsubscribe"))


def test_changes_reach_the_stream_of_an_older_client(bridge: Bridge) -> None:
    opened = urllib.request.Request(
        f"http://127.0.0.1:{bridge.port}/mcp",
        headers={"Accept": "text/event-stream", "MCP-Protocol-Version": "2025-11-25"},
    )
    with urllib.request.urlopen(opened, timeout=10) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.readline() == b": open\n"
        bridge.call("announce")
        lines = [stream.readline().decode() for _ in range(13)]
    messages = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert messages == [
        {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {}},
        {"jsonrpc": "2.0", "method": "notifications/prompts/list_changed", "params": {}},
        {"jsonrpc": "2.0", "method": "notifications/resources/list_changed", "params": {}},
        {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "plain://one"}},
    ]


@pytest.mark.parametrize("others", [0, 1])
def test_a_log_message_reaches_a_client_only_while_no_other_is_served(bridge: Bridge, others: int) -> None:
    logged: list[object] = []

    async def note(params: types.LoggingMessageNotificationParams) -> None:
        logged.append(params.data)
        await anyio.lowlevel.checkpoint()

    async def ask() -> None:
        client = Client(f"http://127.0.0.1:{bridge.port}/mcp", mode="legacy", logging_callback=note)
        async with client, anyio.create_task_group() as group:
            for _ in range(others):
                group.start_soon(client.call_tool, "sleep", {"seconds": 1})
            if others:
                while bridge.metrics()["mcp_bridge_calls_running"] < others:
                    await anyio.sleep(0.02)
            assert text(await client.call_tool("log", {})) == "logged"

    anyio.run(ask)
    assert logged == ([] if others else ["working"])
