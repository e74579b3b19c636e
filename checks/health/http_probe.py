"""Request the probe paths of an MCP server, as the kubelet does, and return the outcome as data."""

from dataclasses import dataclass
from time import perf_counter

import anyio
import httpx2

from checks.kube.client import forbidden, status_message
from checks.kube.connection import Connection
from checks.kube.reading import Permission, ReadFailure, Reason

DEADLINE_SECONDS = 10.0
"""Timeout of an answer. The declared timeout is not used: the kubelet asks from the same machine."""


@dataclass(frozen=True)
class Reply:
    """The HTTP status of an answer to a GET; None without an answer, with the reason in `detail`."""

    status: int | None
    detail: str = ""
    seconds: float = 0.0


async def ask(
    connection: Connection, path: str, what: str, permission: Permission, deadline: float = DEADLINE_SECONDS
) -> Reply | ReadFailure:
    """Return the answer to a GET of a path, without following redirects.

    The result is a ReadFailure if the API server denies the request. Nothing that the server does raises an error.
    """
    start = perf_counter()
    try:
        with anyio.fail_after(deadline):
            async with connection.client() as http, http.stream("GET", connection.host + path) as response:
                status = response.status_code
                refused = status >= httpx2.codes.BAD_REQUEST
                kubernetes = status_message(await response.aread()) if refused else None
    except (TimeoutError, httpx2.TimeoutException):
        return Reply(None, f"no answer within {deadline:g} s", perf_counter() - start)
    except (httpx2.HTTPError, OSError) as error:
        return Reply(None, str(error) or "the connection was closed", perf_counter() - start)
    seconds = perf_counter() - start
    if kubernetes is None:
        return Reply(status, "", seconds)
    # The API server itself answered: it denies the request, or the Service has no ready endpoint.
    if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
        return ReadFailure(what, Reason.FORBIDDEN, forbidden(permission), permission, seconds)
    return Reply(None, kubernetes, seconds)
