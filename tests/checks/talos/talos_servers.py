"""Talos MCP servers as three projects write them: the same tools, arguments, and shape of answers.

They answer with what the stand-in for talosctl prints. `replies` has what a tool returns instead, by its name.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
from mcp.server.lowlevel import Server
from starlette.types import ASGIApp

from tests.checks.talos import standin_talosctl

TEXT = {"type": "string"}
MAYBE = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
SAFE = {"type": "string", "enum": ["runtime/machinestatus", "runtime/volumestatus"]}
HANG = "hang"
Reply = Callable[[dict[str, Any]], Awaitable[types.CallToolResult]]


@dataclass
class TalosServer:
    """A server whose tools run talosctl with a talosconfig."""

    talosconfig: Path
    tools: dict[str, tuple[dict[str, Any], list[str]]]
    """Name → schema of the arguments, and the command of talosctl."""
    plain: bool
    """Whether a failure is the text of a result that is no error, as with ry-ops/talos-mcp-server."""
    replies: dict[str, Any] = field(default_factory=dict)
    """What a tool returns instead: a result, a text, or HANG."""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def app(self) -> ASGIApp:
        async def list_tools(_: Any, __: Any) -> types.ListToolsResult:
            every = [types.Tool(name=name, input_schema=schema) for name, (schema, _) in self.tools.items()]
            return types.ListToolsResult(tools=every)

        async def call_tool(_: Any, asked: types.CallToolRequestParams) -> types.CallToolResult:
            self.calls.append((asked.name, dict(asked.arguments or {})))
            return await self._answer(asked.name, asked.arguments or {})

        server = Server("talos", on_list_tools=list_tools, on_call_tool=call_tool)
        return server.streamable_http_app(stateless_http=True, json_response=True)

    async def _answer(self, tool: str, arguments: dict[str, Any]) -> types.CallToolResult:
        reply = self.replies.get(tool)
        if reply == HANG:
            await anyio.sleep_forever()
        if isinstance(reply, types.CallToolResult):
            return reply
        if isinstance(reply, str):
            return text(reply)
        node = arguments.get("node") or arguments.get("nodes") or ""
        command = [*self.tools[tool][1], "--nodes", node, "--talosconfig", str(self.talosconfig)]
        if resource := arguments.get("resource"):
            command += [resource, "--output", arguments["output"]]
        try:
            out = await standin_talosctl.output(command)
        except SystemExit as error:
            return text(str(error)) if self.plain else failed("CONNECTION_ERROR")
        return text(out) if self.plain else text(f"```\n{out.strip()}\n```", code="OK", complete=True, truncated=False)


def text(said: str, **structured: Any) -> types.CallToolResult:
    """Give a result."""
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=said)], structured_content=structured or None
    )


def failed(code: str) -> types.CallToolResult:
    """Give an error as PyPI `talos-mcp-server` reports it."""
    envelope = {"code": code, "outcome": "failed", "exit_code": 1, "complete": False}
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=json.dumps(envelope))], structured_content=envelope, is_error=True
    )


def schema(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def pypi(talosconfig: Path) -> TalosServer:
    """Give a server like PyPI `talos-mcp-server` in its read-only profile."""
    nodes, node = schema(nodes=MAYBE), schema(("node",), node=TEXT)
    version = schema(nodes=MAYBE, client_only={"type": "boolean", "default": False})
    tools = {
        "talos_version": (version, ["version"]),
        "talos_service": (schema(nodes=MAYBE, service=MAYBE), ["service"]),
        "talos_time": (nodes, ["time"]),
        "talos_memory": (nodes, ["memory"]),
        "talos_mounts": (nodes, ["mounts"]),
        "talos_etcd_members": (node, ["etcd", "members"]),
        "talos_etcd_alarm": (node, ["etcd", "alarm", "list"]),
        "talos_get": (schema(("resource",), nodes=MAYBE, resource=SAFE, output=TEXT), ["get"]),
    }
    return TalosServer(talosconfig, tools, plain=False)


def ry_ops(talosconfig: Path) -> TalosServer:
    """Give a server like ry-ops/talos-mcp-server."""
    nodes = schema(nodes=TEXT)
    tools = {
        "talos_get_version": (nodes, ["version"]),
        "talos_get_services": (nodes, ["services"]),
        "talos_etcd_members": (nodes, ["etcd", "members"]),
        "talos_get_resources": (schema(("resource",), resource=TEXT, nodes=TEXT, output=TEXT), ["get"]),
        "talos_get_kubeconfig": (schema(nodes=TEXT, force={"type": "boolean"}), ["kubeconfig"]),
    }
    return TalosServer(talosconfig, tools, plain=True)


def describing(description: dict[str, Any]) -> TalosServer:
    """Give a server like sergelogvinov/talos-mcp, which describes every node in the same way."""
    arguments = schema(node=TEXT, cluster=TEXT, log_lines={"type": "integer"})
    return TalosServer(
        Path(),
        {"talos_node_describe": (arguments, [])},
        plain=True,
        replies={"talos_node_describe": described(description)},
    )


def described(description: dict[str, Any]) -> types.CallToolResult:
    return text("Node", **description)
