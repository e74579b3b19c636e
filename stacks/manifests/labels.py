"""How an MCP server is found: the labels and annotations that its Deployment and pods carry (seed, section 2.1)."""

from typing import TypedDict

from stacks.model import names
from stacks.model.server import Server


class Entry(TypedDict):
    """A server in the stack's output `registry` (seed, section 2.4); keys as there."""

    name: str
    version: str
    protocol: str
    capabilities: list[str]
    endpoint: str
    namespace: str


def owner_labels(kind: str) -> dict[str, str]:
    """Give the labels of everything that belongs to an MCP server."""
    return {**names.server_selector(kind), names.COMPONENT: names.MCP_SERVER_APP}


def labels(kind: str, server: Server) -> dict[str, str]:
    """Give the labels of its Deployment and pods: version and protocol stand nowhere else."""
    return {**owner_labels(kind), names.VERSION: server.version, names.PROTOCOL: server.transport}


def annotations(kind: str, server: Server) -> dict[str, str]:
    """Give the annotations of its Deployment and pods: what it can do and where it answers."""
    return {
        names.CAPABILITIES: names.capabilities(server.capabilities),
        names.ENDPOINT: endpoint(kind, server),
    }


def endpoint(kind: str, server: Server) -> str:
    """Give the URL of its MCP endpoint inside the cluster."""
    return names.endpoint(kind, server.namespace, server.port, server.path)


def entry(kind: str, server: Server) -> Entry:
    """Give its entry in the registry."""
    return Entry(
        name=names.server(kind),
        version=server.version,
        protocol=server.transport,
        capabilities=sorted(server.capabilities),
        endpoint=endpoint(kind, server),
        namespace=server.namespace,
    )
