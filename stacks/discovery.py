"""How an MCP server is found: the labels and annotations that its Deployment and pods carry (seed, section 2.1)."""

from stacks import names
from stacks.server import Server


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
        names.ENDPOINT: names.endpoint(kind, server.namespace, server.port, server.path),
    }
