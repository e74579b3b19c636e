"""The authorization servers that an MCP server names (RFC 9728), to explain why it refuses a token.

They are only shown, never asked: a compromised server could name any.
"""

from http import HTTPStatus

import anyio
import httpx2
import msgspec

from checks.kube.connection import Connection
from checks.kube.endpoint import service
from checks.plain_text import brief
from stacks.model.server import Server

_WELL_KNOWN = "/.well-known/oauth-protected-resource"
_DEADLINE_SECONDS = 5.0
_MOST = 3


class _Metadata(msgspec.Struct, frozen=True):
    """Metadata of a protected resource (RFC 9728, section 2)."""

    authorization_servers: list[str] = []


async def named_authorities(connection: Connection, kind: str, server: Server) -> tuple[str, ...]:
    """Return the authorization servers that a server names; none if it has no such metadata."""
    try:
        with anyio.fail_after(_DEADLINE_SECONDS):
            for path in (f"{_WELL_KNOWN}{server.path}", _WELL_KNOWN):
                route, full = service(connection, kind, server, path)
                async with route.client() as http:
                    answer = await http.get(full)
                if answer.status_code == HTTPStatus.OK:
                    found = msgspec.json.decode(answer.content, type=_Metadata)
                    return tuple(brief(name) for name in found.authorization_servers[:_MOST])
    except (TimeoutError, httpx2.HTTPError, OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return ()
    return ()
