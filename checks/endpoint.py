"""Where an MCP server's endpoint is, seen from where the checks run."""

from urllib.parse import quote

from stacks import names
from stacks.server import Server


def endpoint(kind: str, server: Server) -> str:
    """Give the path, on the API server, of an MCP server's endpoint through the Service proxy.

    NetworkPolicies keep strangers away from the pods, so from outside the API server is the only way to them.
    """
    service = f"http:{names.server(kind)}:{server.port}"
    return f"/api/v1/namespaces/{server.namespace}/services/{service}/proxy{quote(server.path, safe='/?=&%')}"
