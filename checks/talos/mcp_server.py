"""Ask nodes through a talos MCP server that the stack declares, with the credentials that it declares for it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import anyio

from checks.errors import UncheckedError
from checks.kube.reading import ReadFailure, Reading, Reason
from checks.mcp.answer import Answer, Outcome
from checks.mcp.client import Json, ask_ready_pod
from checks.mcp.definition import Definitions, list_tools
from checks.snapshot.reader import Reader
from checks.talos import mcp_tools
from checks.talos.answers import NodeAnswers, TalosApi, Way
from checks.talos.asking import answers
from checks.talos.described_node import DescribedNode
from checks.talos.mcp_calls import Calls
from checks.talos.places import Place
from checks.talos.text_node import Question, TextNode
from checks.talos.ways import Told, Wanted
from stacks.model.server import Server

if TYPE_CHECKING:
    from mcp import Client

    from checks.mcp.exchange import Exchange

SECONDS = 60.0
"""The most that all questions to one server may take."""
_OUTCOMES = {
    Outcome.UNREACHABLE: Reason.UNREACHABLE,
    Outcome.TIMEOUT: Reason.TIMEOUT,
    Outcome.GATED: Reason.GATED,
    Outcome.FORBIDDEN: Reason.FORBIDDEN,
}


def servers(reader: Reader) -> "tuple[McpServer, ...]":
    """Return the MCP servers for Talos that the stack declares."""
    declared = reader.declaration.servers.items()
    return tuple(McpServer(reader, kind, server) for kind, server in declared if _is_talos(server))


def _is_talos(server: Server) -> bool:
    tools = (tool for tools in server.capabilities.values() for tool in tools)
    return mcp_tools.CAPABILITY in server.capabilities or any(tool.startswith(mcp_tools.PREFIX) for tool in tools)


class McpServer:
    """An MCP server with tools for Talos; a Source."""

    way = Way.MCP

    def __init__(self, reader: Reader, kind: str, server: Server) -> None:
        self._reader, self._kind, self._server = reader, kind, server
        self.name = f"server {kind}"
        self.lacks: tuple[str, ...] = ()
        """What it cannot say or do, once it has listed its tools."""

    async def ask(self, wanted: Wanted) -> Told | ReadFailure:
        """Return what each node says, together with what is known of it, or why the server was not asked."""
        told: dict[Place, NodeAnswers | ReadFailure] = {}
        what, start = f"ask the MCP server {self._kind}", perf_counter()
        talk = partial(self._talk, wanted, told)
        try:
            reply = await ask_ready_pod(self._reader, self._kind, self._server, talk, SECONDS)
        except UncheckedError as error:
            return ReadFailure(what, Reason.FAILED, f"the MCP server {self._kind}: {error}")
        if isinstance(reply.value, Answer):
            reason = _OUTCOMES.get(reply.value.outcome, Reason.FAILED)
            message = f"the MCP server {self._kind}: {self._detail(reply.value)}"
            failure = ReadFailure(what, reason, message, seconds=perf_counter() - start)
            if not told:
                return failure
            # That the server does not answer does not mean that a node is lost.
            failure = replace(failure, reason=Reason.FAILED)
            told |= {place: known or failure for place, known in wanted.items() if place not in told}
        return told

    def _detail(self, answer: Answer) -> str:
        """Return why the server does not answer; a refusal says what it is about the declared credentials."""
        if answer.outcome is not Outcome.GATED:
            return answer.detail
        declared = self._server.authorization
        if declared is None or declared.stored is None:
            way_out = f"declare a token or an OAuth client in cortex:servers.{self._kind}.authorization"
            return f"{answer.detail}: {way_out}"
        token = "access token of the declared client" if declared.client_credentials else "declared token"
        return f"it refuses the {token}: {answer.detail}"

    async def _talk(
        self,
        wanted: Wanted,
        told: dict[Place, NodeAnswers | ReadFailure],
        hide: Callable[[str], str],
        client: "Client",
        exchange: "Exchange",
    ) -> Json:
        """Ask about all nodes at the same time; what is told counts, even if the conversation then fails."""
        tools = await list_tools(client)
        self.lacks = mcp_tools.lacking(tools)
        calls = Calls(f"the MCP server {self._kind}", client, exchange, hide)

        async def ask(place: Place, known: NodeAnswers | None) -> None:
            told[place] = await self._answers(calls, tools, place, known)

        async with anyio.create_task_group() as group:
            for place, known in wanted.items():
                group.start_soon(ask, place, known)
        return {}

    async def _answers(
        self, calls: Calls, tools: Definitions, place: Place, known: NodeAnswers | None
    ) -> NodeAnswers | ReadFailure:
        if not place.address:
            return known or ReadFailure(f"ask about node {place.name}", Reason.FAILED, "the node has no InternalIP")
        node = self._node(calls, tools, place.address)
        if known is None and isinstance(version := await node.version(), ReadFailure) and _has_version(tools):
            return version
        return await answers(node, self.way, known, place)

    def _node(self, calls: Calls, tools: Definitions, address: str) -> TalosApi:
        if mcp_tools.describes(tools):
            return DescribedNode(address, calls.source, partial(calls.description, address))

        async def ask(question: Question) -> Reading[str]:
            what, call = f"{question} of {address}", mcp_tools.call(tools, question, address)
            if isinstance(call, str):
                return ReadFailure(what, Reason.FAILED, f"{calls.source}: {call}")
            return await calls.text(what, call)

        return TextNode(address, calls.source, ask)


def _has_version(tools: Definitions) -> bool:
    return mcp_tools.describes(tools) or isinstance(mcp_tools.call(tools, Question.VERSION, ""), mcp_tools.Call)
