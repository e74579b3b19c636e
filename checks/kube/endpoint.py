"""Where an MCP server's endpoint is, seen from where the checks run."""

from urllib.parse import quote

from checks.kube.connection import Connection
from stacks.model import names
from stacks.model.server import Server


def endpoint(connection: Connection, kind: str, server: Server) -> tuple[Connection, str]:
    """Give the way to an MCP server, and the path of its MCP endpoint there."""
    return service(connection, kind, server, server.path)


def service(connection: Connection, kind: str, server: Server, path: str) -> tuple[Connection, str]:
    """Give the way to an MCP server, and what a path of its own is there."""
    return behind(connection, names.server(kind), server.namespace, server.port, path)


def behind(connection: Connection, name: str, namespace: str, port: int, path: str) -> tuple[Connection, str]:
    """Give the way to a Service, and what a path behind it is there.

    NetworkPolicies keep strangers away from the pods, so from outside the API server is the only way to them: its
    Service proxy. The verifier's pod is let in and takes the Service's name, without the credentials: they are for the
    API server, and whoever answers could keep them.
    """
    if connection.inside:
        return Connection(connection.context, names.service(name, namespace, port, "")), path
    proxy = f"/api/v1/namespaces/{namespace}/services/http:{name}:{port}/proxy"
    return connection, proxy + quote(path, safe="/?=&%")
