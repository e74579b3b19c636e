"""Prove that an MCP server speaks each version of the protocol that the stack declares for it."""

from collections.abc import Mapping
from dataclasses import replace

import anyio

from checks.kube.connection import Connection
from checks.kube.reading import Reason
from checks.mcp.answer import Answer, Outcome, ServerAnswers
from checks.mcp.messages import VERSION as NEWEST
from checks.mcp.session import initialize, initialize_over_web_socket
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from stacks.model import names
from stacks.model.server import Server


async def with_versions(route: Connection, path: str, server: Server, answer: Answer) -> Answer:
    """Return the answer of a server with what it answers in each declared version."""
    found = {answer.protocol: answer}

    begin = initialize_over_web_socket if server.spoken == "websocket" else initialize

    async def ask(version: str) -> None:
        found[version] = await begin(route, path, version)

    if answer.outcome is Outcome.ANSWERED and server.spoken != "sse":
        async with anyio.create_task_group() as group:
            for version in server.protocols:
                if version not in found and version != NEWEST:
                    group.start_soon(ask, version)
    return replace(answer, versions={version: found[version] for version in server.protocols if version in found})


def check_versions(builder: ResultBuilder, kind: str, server: Server, answers: ServerAnswers) -> None:
    """Check each declared version, in each pod that was asked or through the Service."""
    service = {Ref("Service", names.server(kind), server.namespace): answers.service}
    pods = {Ref("Pod", pod, server.namespace): answer for pod, answer in answers.pods.items()}
    for ref, answer in (pods or service).items():
        if answer.outcome is Outcome.ANSWERED:
            for version in server.protocols:
                _check(builder, ref, version, answer.protocol, answer.versions)


def _check(builder: ResultBuilder, ref: Ref, version: str, negotiated: str, versions: Mapping[str, Answer]) -> None:
    answer = versions.get(version)
    if answer is None and version != NEWEST:
        message = f"over HTTP+SSE only the version is known that the server chooses, {negotiated}"
        builder.unknown(f"ask {ref} in MCP {version}", Reason.FAILED, message)
    elif answer is not None and answer.outcome not in (Outcome.ANSWERED, Outcome.NO_MCP):
        builder.unknown(f"ask {ref} in MCP {version}", Reason.FAILED, answer.detail)
    else:
        # A server of the newest version would have been asked in it.
        spoken = negotiated if answer is None else answer.protocol or answer.detail
        message = f"the server does not speak MCP {version}"
        builder.equal("mcp.version", ref, message, expected=version, actual=spoken)
