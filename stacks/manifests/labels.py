"""The labels and annotations by which clients discover an MCP server."""

from typing import TypedDict

from stacks.model import names
from stacks.model.server import Server


class Entry(TypedDict):
    """A server in the stack's output `registry`."""

    name: str
    version: str
    protocol: str
    capabilities: list[str]
    endpoint: str
    namespace: str


def owner_labels(kind: str) -> dict[str, str]:
    """Return the labels of everything that belongs to an MCP server."""
    return {**names.server_selector(kind), names.COMPONENT: names.MCP_SERVER_APP}


def labels(kind: str, server: Server) -> dict[str, str]:
    """Return the labels of its Deployment and pods; only these have version and protocol."""
    return {**server.labels, **owner_labels(kind), names.VERSION: server.version, names.PROTOCOL: server.transport}


def annotations(kind: str, server: Server, domain: str) -> dict[str, str]:
    """Return the annotations of its Deployment and pods: its capabilities, its URL, and its own."""
    return {
        **server.annotations,
        names.CAPABILITIES: names.capabilities(server.capabilities),
        names.ENDPOINT: endpoint(kind, server, domain),
    }


def endpoint(kind: str, server: Server, domain: str) -> str:
    """Return the URL of its MCP endpoint inside the cluster, whose Services are in `domain`."""
    return names.endpoint(kind, server.namespace, server.service_port, server.path, domain, tls=bool(server.tls))


def entry(kind: str, server: Server, domain: str) -> Entry:
    """Return its entry in the registry."""
    return Entry(
        name=names.server(kind),
        version=server.version,
        protocol=server.transport,
        capabilities=sorted(server.capabilities),
        endpoint=endpoint(kind, server, domain),
        namespace=server.namespace,
    )
