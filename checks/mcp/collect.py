"""Collect the tools and the result of the smoke call of every MCP server, and what each of its pods answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio

from checks.kube.endpoint import endpoint
from checks.mcp.answer import Answer, Outcome
from checks.mcp.replicas import ask_pods, keeps_clients, patient
from checks.snapshot.reader import Collector, Reader
from stacks.model.server import Server


@dataclass(frozen=True)
class ServerAnswers:
    """The answers of one MCP server."""

    service: Answer
    """The answer through the Service, or of one pod where only pods can be asked."""
    pods: Mapping[str, Answer] = field(default_factory=dict)
    """The answer of each ready pod, if several are declared."""

    @property
    def broken(self) -> frozenset[str]:
        """Return the pods that fail while others do not."""
        failed = frozenset(pod for pod, answer in self.pods.items() if answer.failed)
        return failed if len(failed) < len(self.pods) else frozenset()

    @property
    def sessions(self) -> bool:
        """Return whether the server keeps sessions, for clients of whatever version of the protocol."""
        return any(answer.sessions for answer in (self.service, *self.pods.values()))

    @property
    def seconds(self) -> float:
        """Return how long the slowest answer took."""
        return max(answer.seconds for answer in (self.service, *self.pods.values()))

    def lacking(self, tool: str) -> list[str]:
        """Return the pods that answered without this tool."""
        answered = {pod: answer for pod, answer in self.pods.items() if answer.outcome is Outcome.ANSWERED}
        return sorted(pod for pod, answer in answered.items() if tool not in answer.tools)


Answers = Mapping[str, ServerAnswers]
"""By server."""


async def collect(reader: Reader) -> Answers:
    """Ask all MCP servers concurrently."""
    answers: dict[str, ServerAnswers] = {}

    async def one(kind: str, server: Server) -> None:
        answers[kind] = await _answers(reader, kind, server)

    async with anyio.create_task_group() as group:
        for kind, server in reader.declaration.servers.items():
            group.start_soon(one, kind, server)
    return answers


ANSWERS = Collector(collect)


async def _answers(reader: Reader, kind: str, server: Server) -> ServerAnswers:
    pods: Mapping[str, Answer] = {}
    if not reader.connection.inside and (keeps_clients(server) or server.transport == "sse"):
        # The API server's Service proxy chooses another pod for each request, whatever the Service says.
        pods = await ask_pods(reader, kind, server, server.smoke)
        if pods:
            return ServerAnswers(min(pods.values(), key=lambda answer: answer.failed), pods)
        return ServerAnswers(await _service(reader, kind, server))

    async def ask() -> None:
        nonlocal pods
        pods = await ask_pods(reader, kind, server, None)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        service = await _service(reader, kind, server)
    return ServerAnswers(service, pods)


async def _service(reader: Reader, kind: str, server: Server) -> Answer:
    route, path = endpoint(reader.connection, kind, server)
    return await patient(route, path, server, server.smoke)
