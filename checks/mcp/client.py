"""Ask the pods of an MCP server on behalf of a person, with the credentials that the stack declares."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import anyio

from checks.errors import UncheckedError, UsageError
from checks.kube import models as k8s
from checks.kube.client import ApiClient
from checks.kube.port_forward import ForwardError
from checks.kube.reading import required
from checks.kube.resources import PODS, label_selector
from checks.mcp.answer import Answer
from checks.mcp.client_credentials import ClientRefused, declared_token
from checks.mcp.replicas import not_forwarded, pod_route
from checks.mcp.token import Token
from checks.snapshot.reader import Reader
from checks.target import Target
from stacks.model import names
from stacks.model.server import Server
from stacks.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from mcp import Client

    from checks.mcp.exchange import Exchange

Json = dict[str, object]
"""What a talk returns; the token is hidden in it."""
Talk = Callable[["Client", "Exchange"], Awaitable[Json]]
Hide = Callable[[str], str]
"""Takes the token out of a text of the server."""


@dataclass(frozen=True)
class Reply:
    """What a pod replied, or why it did not."""

    pod: str
    value: Json | Answer


async def ask_every_pod(target: Target, kind: str, talk: Talk, seconds: float) -> Sequence[Reply]:
    """Ask all ready pods of a server at once; each has so many seconds.

    `talk` changes nothing: a pod whose answer got lost is asked once more.

    Raises:
        UsageError: the stack declares no such server.
        UncheckedError: no pod is ready, or the pods or the token cannot be read.
    """
    return await _ask(target, kind, talk, seconds)


async def ask_one_pod(target: Target, kind: str, talk: Talk, seconds: float) -> Reply:
    """Ask the first ready pod of a server.

    Raises:
        UsageError: the stack declares no such server.
        UncheckedError: no pod is ready, or the pods or the token cannot be read.
    """
    (reply,) = await _ask(target, kind, talk, seconds, once=True)
    return reply


async def ask_ready_pod(
    reader: Reader,
    kind: str,
    server: Server,
    talk: "Callable[[Hide, Client, Exchange], Awaitable[Json]]",
    seconds: float,
) -> Reply:
    """Ask the first ready pod of a server; `talk` changes nothing, and what it keeps it hides the token in.

    Raises:
        UncheckedError: no pod is ready, or the pods or the token cannot be read.
    """
    pods = await _ready(reader, kind, server)
    if not pods:
        raise UncheckedError("no pod is ready")
    token = await _token(reader, kind, server)
    hide = token.without if token else str
    value = await _reply(reader, kind, server, pods[0], token, partial(talk, hide), seconds, once=False)
    return Reply(pods[0].metadata.name, value)


def declared_server(target: Target, kind: str) -> Server:
    """Return a server of the stack.

    Raises:
        UsageError: the stack declares no such server.
    """
    servers = target.declaration.servers
    if kind not in servers:
        hint = did_you_mean(kind, servers) or "it declares none"
        raise UsageError(f"the stack {target.stack} declares no MCP server {kind!r}: {hint}")
    return servers[kind]


async def _ask(target: Target, kind: str, talk: Talk, seconds: float, *, once: bool = False) -> Sequence[Reply]:
    server = declared_server(target, kind)
    replies: list[Reply] = []
    async with target.connection.client() as http:
        reader = Reader(target.declaration, target.connection, ApiClient(http))
        pods = await _ready(reader, kind, server)
        if not pods:
            place = f"{server.namespace}/{names.server(kind)}"
            raise UncheckedError(f"no pod of {place} is ready: `cortex health {target.stack}` shows why")
        token = await _token(reader, kind, server)

        async def ask(pod: k8s.Pod) -> None:
            value = await _reply(reader, kind, server, pod, token, talk, seconds, once=once)
            replies.append(Reply(pod.metadata.name, value))

        async with anyio.create_task_group() as group:
            for pod in pods[:1] if once else pods:
                group.start_soon(ask, pod)
    return sorted(replies, key=lambda reply: reply.pod)


async def _ready(reader: Reader, kind: str, server: Server) -> list[k8s.Pod]:
    labels = label_selector(names.server_selector(kind))
    pods = required(await reader.api.list(PODS, server.namespace, labels=labels))
    return sorted((pod for pod in pods if pod.ready), key=lambda pod: pod.metadata.name)


async def _token(reader: Reader, kind: str, server: Server) -> Token | None:
    token = await declared_token(reader, kind, server)
    if isinstance(token, ClientRefused):
        raise UncheckedError(f"the authorization server refuses the declared client: {token.message}")
    return required(token) if token else None


async def _reply(
    reader: Reader,
    kind: str,
    server: Server,
    pod: k8s.Pod,
    token: Token | None,
    talk: Talk,
    seconds: float,
    *,
    once: bool,
) -> Json | Answer:
    # Imported here because it takes half a second.
    from checks.mcp.conversation import Place, converse

    try:
        async with pod_route(reader.connection, kind, server, pod, token) as (route, path):
            place = Place(route, path, server.spoken)
            value = await converse(place, talk, seconds)
            if isinstance(value, Answer) and value.lost and not once:
                # A proxy on the way can end a stream before the answer has passed.
                value = await converse(place, talk, seconds, value.seconds)
    except ForwardError as error:
        return not_forwarded(error)
    if token is None:
        return value
    return token.hidden(value) if isinstance(value, Answer) else cast("Json", token.hidden_in(value))
