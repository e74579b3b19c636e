"""The registry in the format of the MCP registry: a list of `server.json` entries (schema of 2025-12-11)."""

import msgspec

from checks.plain_text import shortened
from checks.registry.registry import Entry, Registry
from stacks.model.declaration import Declaration
from stacks.model.server import Server

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
NAMESPACE = "dev.cortex.mcp"
"""The domain of the labels, mcp.cortex.dev, in the reverse order that the format requires."""

_LONGEST_DESCRIPTION = 100


class Transport(msgspec.Struct, frozen=True):
    """The address and the protocol of a server."""

    url: str
    type: str


class Package(msgspec.Struct, frozen=True, rename="camel"):
    """The image of a server; its tag or digest is the version."""

    identifier: str
    transport: Transport
    registry_type: str = "oci"


class ServerJson(msgspec.Struct, frozen=True):
    """A server.json entry."""

    name: str
    description: str
    version: str
    packages: list[Package]
    remotes: list[Transport]
    schema: str = msgspec.field(default=SCHEMA, name="$schema")


def entries(registry: Registry, declaration: Declaration) -> list[ServerJson]:
    """Return an entry for each healthy server; the registry has the endpoint, the declaration the image."""
    return [
        _entry(kind, entry, declaration.servers[kind])
        for kind, entry in registry.servers.items()
        if kind in declaration.servers
        and entry.health_status == "healthy"
        # The format has no WebSocket.
        and declaration.servers[kind].spoken != "websocket"
    ]


def _entry(kind: str, entry: Entry, server: Server) -> ServerJson:
    description = f"MCP server of type {kind}: {', '.join(entry.server_info.capabilities)}"
    # Outside a cluster the container is reached on its own port.
    spoken = "sse" if server.transport == "sse" else "streamable-http"
    alone = Transport(f"{'https' if server.tls else 'http'}://127.0.0.1:{server.port}{server.path}", spoken)
    return ServerJson(
        name=f"{NAMESPACE}/{kind}",
        description=shortened(description, _LONGEST_DESCRIPTION),
        version=entry.server_info.version,
        packages=[Package(server.image, alone)],
        remotes=[Transport(entry.server_info.endpoint, spoken)],
    )
