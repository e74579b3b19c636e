"""Collect the tools and the result of the smoke call of every MCP server."""

from collections.abc import Mapping
from functools import partial

import anyio

from checks.kube.endpoint import endpoint
from checks.kube.retry import patiently
from checks.mcp.answer import Answer, Outcome
from checks.mcp.quick import probe
from checks.snapshot.reader import Collector, Reader
from stacks.model.server import Server

Answers = Mapping[str, Answer]
"""By server."""


async def collect(reader: Reader) -> Answers:
    """Ask all MCP servers concurrently."""
    answers: dict[str, Answer] = {}
    connection = reader.connection

    async def one(kind: str, server: Server) -> None:
        route, path = endpoint(connection, kind, server)
        ask = partial(probe, route, path, server.smoke)
        answers[kind] = await (patiently(ask, _answered) if connection.inside else ask())

    async with anyio.create_task_group() as group:
        for kind, server in reader.declaration.servers.items():
            group.start_soon(one, kind, server)
    return answers


ANSWERS = Collector(collect)


def _answered(answer: Answer) -> bool:
    return answer.outcome not in (Outcome.UNREACHABLE, Outcome.TIMEOUT)
