"""Asks an MCP server's probe paths, as the kubelet does, and returns what happened as data."""

from dataclasses import dataclass
from time import perf_counter

import anyio
import httpx2

from checks.kube.client import forbidden, status_message
from checks.kube.connection import Connection
from checks.kube.reading import Permission, ReadFailure, Reason

DEADLINE_SECONDS = 10.0
"""Longest one answer may take. The declared timeout is the kubelet's own, who asks from the same machine."""


@dataclass(frozen=True)
class Reply:
    """What a server answered to a GET: its HTTP status; None if nobody answered, and `detail` says why."""

    status: int | None
    detail: str = ""
    seconds: float = 0.0


async def ask(
    connection: Connection, path: str, what: str, permission: Permission, deadline: float = DEADLINE_SECONDS
) -> Reply | ReadFailure:
    """Ask a path by GET; redirects are not followed. Unread if the API server does not let us ask.

    Never raises for what the server does.
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
    # The API server itself refused: it may not be asked, or it found nobody behind the Service.
    if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
        return ReadFailure(what, Reason.FORBIDDEN, forbidden(permission), permission, seconds)
    return Reply(None, kubernetes, seconds)
