"""How to reach an MCP server's endpoint: through the API server or, inside the cluster, directly."""

from urllib.parse import quote

from checks.kube.connection import Connection
from stacks.model import names
from stacks.model.server import Server


def endpoint(connection: Connection, kind: str, server: Server) -> tuple[Connection, str]:
    """Return the connection to an MCP server, and the path of its MCP endpoint."""
    return service(connection, kind, server, server.path)


def service(connection: Connection, kind: str, server: Server, path: str) -> tuple[Connection, str]:
    """Return the connection to an MCP server, and the full path of one of its paths."""
    return behind(connection, names.server(kind), server.namespace, server.port, path)


def behind(connection: Connection, name: str, namespace: str, port: int, path: str) -> tuple[Connection, str]:
    """Return the connection to a Service, and the full path of one of its paths.

    NetworkPolicies deny undeclared clients, so from outside the cluster requests go through the API server's Service
    proxy. The verifier's pod is a declared client and connects to the Service's name, without the credentials, which
    only the API server may receive.
    """
    if connection.inside:
        return Connection(connection.context, names.service(name, namespace, port, "", connection.domain)), path
    proxy = f"/api/v1/namespaces/{namespace}/services/http:{name}:{port}/proxy"
    return connection, proxy + quote(path, safe="/?=&%")
