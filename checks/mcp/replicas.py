"""Ask each ready pod of an MCP server with several: requests through the Service reach only one of them, by chance."""

from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from checks.kube import models as k8s
from checks.kube.concurrent import read_each
from checks.kube.connection import Connection
from checks.kube.endpoint import forwarded_to, one_pod
from checks.kube.forwarded_port import forwarded
from checks.kube.port_forward import ForwardError
from checks.kube.reading import ReadFailure
from checks.kube.resources import PODS
from checks.kube.retry import patiently
from checks.mcp import messages
from checks.mcp.answer import DEADLINE_SECONDS, Answer, Outcome
from checks.mcp.quick import probe
from checks.mcp.session import with_sessions
from checks.mcp.token import Token
from checks.mcp.versions import with_versions
from checks.plain_text import brief
from checks.snapshot.reader import Reader
from stacks.model import names
from stacks.model.replicas import replicas
from stacks.model.server import Server, SmokeCall

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_DENIED = (401, 403)


def keeps_clients(server: Server) -> bool:
    """Return whether the Service sends all requests of a client to one pod."""
    return server.service is not None and server.service.session_affinity == "ClientIP"


async def patient(route: Connection, path: str, server: Server, smokes: Sequence[SmokeCall]) -> Answer:
    """Probe a server; inside the cluster until the NetworkPolicies of the verifier's new pod are in effect."""
    once = partial(ask, route, path, server, smokes)
    answer = await (
        patiently(once, lambda answer: answer.outcome is not Outcome.UNREACHABLE) if route.inside else once()
    )
    return await with_versions(route, path, server, answer) if server.protocols else answer


async def ask(
    route: Connection, path: str, server: Server, smokes: Sequence[SmokeCall], deadline: float = DEADLINE_SECONDS
) -> Answer:
    """Probe a server once, over its transport."""
    if server.spoken == "http":
        return await probe(route, path, smokes, deadline)
    # Imported here because it takes half a second.
    from checks.mcp.probe import probe as other

    return await other(route, path, smokes, deadline, over=server.spoken)


async def ask_pods(
    reader: Reader, kind: str, server: Server, smokes: Sequence[SmokeCall], token: Token | None
) -> Mapping[str, Answer]:
    """Return the answer of each ready pod by its name; none if the server has one pod at most and needs no token.

    Where the pods cannot be listed, the check says so.
    """
    if replicas(server).most < 2 and token is None:
        return {}
    listed = (await reader.pods()).parts[server.namespace]
    if isinstance(listed, ReadFailure):
        return {}
    selector = names.server_selector(kind).items()
    mine = (pod for pod in listed.value if pod.ready and selector <= pod.metadata.labels.items())
    ready = {pod.metadata.name: pod for pod in mine}

    async def ask_one(pod: str) -> Answer:
        try:
            async with pod_route(reader.connection, kind, server, ready[pod], token) as (route, path):
                answer = await patient(route, path, server, smokes)
                current = answer.outcome is Outcome.ANSWERED and answer.protocol == messages.VERSION
                # All pods run one template, so one of them shows whether it keeps sessions.
                if current and pod == next(iter(ready)):
                    answer = await with_sessions(route, path, answer)
        except ForwardError as error:
            answer = not_forwarded(error)
        return token.hidden(answer) if token else answer

    answers = await read_each(ask_one, ready)
    failed = [pod for pod, answer in answers.items() if answer.failed]
    if 0 < len(failed) < len(answers):
        for name in failed:
            if not await _is_ready(reader, server.namespace, name):
                del answers[name]
    return answers


def not_forwarded(error: ForwardError) -> Answer:
    """Return the outcome of a request whose port was not forwarded."""
    return Answer(Outcome.FORBIDDEN if error.status in _DENIED else Outcome.UNREACHABLE, brief(str(error)))


@asynccontextmanager
async def pod_route(
    connection: Connection, kind: str, server: Server, pod: k8s.Pod, token: Token | None
) -> "AsyncGenerator[tuple[Connection, str]]":
    """Return the connection to a pod, and the path of its MCP endpoint.

    The API server's proxy removes a token, so with one a port is forwarded.

    Raises:
        ForwardError: the API server does not forward a port.
    """
    route, path = one_pod(connection, kind, server, pod)
    if token is None:
        yield route, path
    elif connection.inside:
        yield replace(route, token=token.header), path
    else:
        async with forwarded(connection, server.namespace, pod.metadata.name, server.port) as place:
            yield forwarded_to(connection, server, place, token.header), server.path


async def _is_ready(reader: Reader, namespace: str, pod: str) -> bool:
    """Return whether a pod is still ready: it may have ended since it was listed, as in a rollout."""
    again = await reader.api.list(PODS, namespace, fields=f"metadata.name={pod}")
    return isinstance(again, ReadFailure) or any(each.ready for each in again.value)
