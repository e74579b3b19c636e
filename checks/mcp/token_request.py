"""Requests to an authorization server, from outside the cluster also to one that is a Service there."""

from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import httpx2
import msgspec

from checks.kube.connection import Connection
from checks.kube.forwarded_port import forwarded
from checks.kube.port_forward import ForwardError
from checks.kube.reading import Permission, ReadFailure, Reason
from checks.kube.service_pod import pod_behind
from checks.mcp.failure import unanswered
from checks.snapshot.reader import Reader
from stacks.model.service_url import origin, service_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

T = TypeVar("T", bound=msgspec.Struct)

_LARGEST_BYTES = 64 * 1024
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class NoAnswerError(Exception):
    """There is no usable answer, for a reason that says nothing about the client."""

    def __init__(self, reason: Reason, message: str, permission: Permission | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.permission = permission


@dataclass(frozen=True)
class HttpAnswer:
    """The status and the body of an answer, which may be a token."""

    status: int
    _body: bytes

    def __repr__(self) -> str:
        """Return a text without the body."""
        return f"HttpAnswer({self.status})"

    def decoded(self, kind: type[T]) -> T | None:
        """Return the body as JSON of this kind; None if it is something else."""
        try:
            return msgspec.json.decode(self._body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None


async def request(
    reader: Reader, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
) -> HttpAnswer:
    """Send a request, and return the answer; redirects are not followed.

    Raises:
        NoAnswerError: the address cannot be reached, or does not answer.
    """
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    given = {"Accept": "application/json", "Host": parts.netloc, **headers}
    async with _route(reader, url) as route:
        answer = await _sent(route, method, path, given, form)
    if isinstance(answer, NoAnswerError):
        # A forwarded port would wrap an error that is raised within it.
        raise answer
    return answer


async def _sent(
    route: Connection, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, str] | None
) -> HttpAnswer | NoAnswerError:
    body = b""
    try:
        async with route.client() as http, http.stream(method, path, headers=headers, data=form) as response:
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _LARGEST_BYTES:
                    return NoAnswerError(Reason.UNDECODABLE, f"its answer has more than {_LARGEST_BYTES} bytes")
    except httpx2.TimeoutException as error:
        reason = Reason.UNREACHABLE if isinstance(error, httpx2.ConnectTimeout) else Reason.TIMEOUT
        return NoAnswerError(reason, unanswered(error))
    except (httpx2.HTTPError, OSError) as error:
        return NoAnswerError(Reason.UNREACHABLE, unanswered(error))
    return HttpAnswer(response.status_code, body)


@asynccontextmanager
async def _route(reader: Reader, url: str) -> "AsyncGenerator[Connection]":
    """Return the connection to an address; from outside the cluster through a forwarded port of a Service's pod."""
    scheme, host, port = origin(url)
    connection, service = reader.connection, service_of(url)
    if connection.inside or service is None:
        shown = f"[{host}]" if ":" in host else host
        yield Connection(connection.context, f"{scheme}://{shown}:{port}", inside=connection.inside)
        return
    name, namespace, _ = service
    pod = await pod_behind(reader.api, namespace, name, port)
    if isinstance(pod, ReadFailure):
        raise NoAnswerError(pod.reason, f"{pod.what}: {pod.message}", pod.permission)
    try:
        async with forwarded(connection, namespace, *pod.value) as place:
            yield Connection(connection.context, f"{scheme}://{place}", server_name=host)
    except ForwardError as error:
        denied = error.status in _DENIED
        permission = Permission("get", "pods/portforward", namespace) if denied else None
        raise NoAnswerError(Reason.FORBIDDEN if denied else Reason.UNREACHABLE, str(error), permission) from error
