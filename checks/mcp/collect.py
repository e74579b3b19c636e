"""Collect the tools and the results of the smoke calls of every MCP server, and what each of its pods answers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import anyio

from checks.kube.concurrent import read_each
from checks.kube.endpoint import endpoint
from checks.kube.reading import ReadFailure
from checks.mcp.answer import Answer, Outcome, ServerAnswers
from checks.mcp.client_credentials import ClientRefused, declared_token
from checks.mcp.protected_resource import named_authorities
from checks.mcp.replicas import ask_pods, keeps_clients, patient
from checks.mcp.token import Token
from checks.snapshot.reader import Collector, Reader
from stacks.model.server import Server, SmokeCall

Answers = Mapping[str, ServerAnswers]
"""By server."""


async def collect(reader: Reader) -> Answers:
    """Ask all MCP servers concurrently."""
    servers = reader.declaration.servers
    return await read_each(lambda kind: _answers(reader, kind, servers[kind]), servers)


ANSWERS = Collector(collect)


async def _answers(reader: Reader, kind: str, server: Server) -> ServerAnswers:
    if server.authorization is None:
        return await _asked(reader, kind, server, None)
    anonymous = await _service(reader, kind, server, (), None)
    token = await declared_token(reader, kind, server)
    if token is None:
        return ServerAnswers(anonymous, await ask_pods(reader, kind, server, (), None), anonymous)
    if isinstance(token, ClientRefused):
        return ServerAnswers(anonymous, {}, anonymous, client_refused=token.message)
    if isinstance(token, ReadFailure):
        return ServerAnswers(anonymous, {}, anonymous, token)
    listed = (await reader.pods()).parts[server.namespace]
    if isinstance(listed, ReadFailure) and not reader.connection.inside:
        # The token can be sent to pods only.
        return ServerAnswers(anonymous, {}, anonymous, listed)
    answers = replace(await _asked(reader, kind, server, token.value), anonymous=anonymous)
    if server.authorization.client_credentials and answers.service.outcome is Outcome.GATED:
        named = await named_authorities(reader.connection, kind, server)
        answers = replace(answers, authorities=tuple(map(token.value.without, named)))
    return answers


async def _asked(reader: Reader, kind: str, server: Server, token: Token | None) -> ServerAnswers:
    pods: Mapping[str, Answer] = {}
    if not reader.connection.inside and (token or keeps_clients(server) or server.spoken == "sse"):
        # The API server's Service proxy chooses another pod for each request, whatever the Service says, and removes
        # the credentials.
        pods = await ask_pods(reader, kind, server, server.smoke_calls, token)
        if pods:
            return ServerAnswers(min(pods.values(), key=_worth), pods)
        if token:
            return ServerAnswers(Answer(Outcome.UNREACHABLE, "the server has no ready pod"))
        return ServerAnswers(await _service(reader, kind, server, server.smoke_calls, None))

    async def ask() -> None:
        nonlocal pods
        pods = await ask_pods(reader, kind, server, server.smoke_calls, token)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        service = await _service(reader, kind, server, server.smoke_calls, token)
    return ServerAnswers(service, pods)


def _worth(answer: Answer) -> tuple[bool, bool]:
    """Return the order of answers: those with tools first, failures last."""
    return answer.outcome is not Outcome.ANSWERED, answer.failed


async def _service(
    reader: Reader, kind: str, server: Server, smokes: Sequence[SmokeCall], token: Token | None
) -> Answer:
    route, path = endpoint(reader.connection, kind, server)
    if token is None:
        return await patient(route, path, server, smokes)
    return token.hidden(await patient(replace(route, token=token.header), path, server, smokes))
