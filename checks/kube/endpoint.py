"""How to reach an MCP server's endpoint: through the API server or, inside the cluster, directly."""

import re
import ssl
from collections.abc import Callable
from urllib.parse import quote

from checks.kube import models as k8s
from checks.kube.connection import Connection
from stacks.model import names
from stacks.model.server import Server

_FORWARDED_RETRIES = 2
"""The API server sometimes closes a port that it has just forwarded."""
_PROXY = re.compile(r"/api/v1/namespaces/[^/]+/(services|pods)/[^/]+/proxy(?=/)")


def endpoint(connection: Connection, kind: str, server: Server) -> tuple[Connection, str]:
    """Return the connection to an MCP server, and the path of its MCP endpoint."""
    return service(connection, kind, server, server.path)


def service(connection: Connection, kind: str, server: Server, path: str) -> tuple[Connection, str]:
    """Return the connection to an MCP server, and the full path of one of its paths."""
    name, port = names.server(kind), server.service_port
    if connection.inside:
        place = f"{names.host(name, server.namespace, connection.domain)}:{port}"
        return _direct(connection, kind, server, place), path
    return connection, _proxy(server.namespace, f"services/{_scheme(server)}:{name}:{port}", path)


def behind(connection: Connection, name: str, namespace: str, port: int, path: str) -> tuple[Connection, str]:
    """Return the connection to a Service that serves HTTP, and the full path of one of its paths.

    NetworkPolicies deny undeclared clients, so from outside the cluster requests go through the API server's Service
    proxy. The verifier's pod is a declared client and connects to the Service's name, without the credentials, which
    only the API server may receive.
    """
    if connection.inside:
        url = names.service(name, namespace, port, "", connection.domain)
        return Connection(connection.context, url, inside=True), path
    return connection, _proxy(namespace, f"services/http:{name}:{port}", path)


def pod_path(name: str, namespace: str, port: int, path: str) -> str:
    """Return the full path of one of a pod's paths, through the API server's proxy."""
    return _proxy(namespace, f"pods/http:{name}:{port}", path)


def one_pod(connection: Connection, kind: str, server: Server, pod: k8s.Pod) -> tuple[Connection, str]:
    """Return the connection to one pod of an MCP server, and the path of its MCP endpoint."""
    if connection.inside:
        address = pod.status.pod_ip
        host = f"[{address}]" if ":" in address else address
        return _direct(connection, kind, server, f"{host}:{server.port}"), server.path
    target = f"pods/{_scheme(server)}:{pod.metadata.name}:{server.port}"
    return connection, _proxy(server.namespace, target, server.path)


def proxied(path: str) -> str:
    """Return the part of a path that belongs to the API server's proxy; empty without one."""
    match = _PROXY.match(path)
    return match.group() if match else ""


def _direct(connection: Connection, kind: str, server: Server, place: str) -> Connection:
    """Return the connection to a server, or to one of its pods, whose certificate names the Service."""
    return Connection(
        connection.context,
        f"{_scheme(server)}://{place}",
        tls=unverified() if server.serves_unverified_tls else None,
        server_name=names.host(names.server(kind), server.namespace, connection.domain) if server.tls else None,
        inside=True,
    )


def forwarded_to(connection: Connection, server: Server, place: str, token: Callable[[], str | None]) -> Connection:
    """Return the connection to a forwarded port of a pod, with the token of the server.

    The API server chose the pod, so the certificate is not verified, as it is not by the API server's proxy.
    """
    tls = unverified() if server.tls else None
    return Connection(
        connection.context, f"{_scheme(server)}://{place}", tls=tls, token=token, connect_retries=_FORWARDED_RETRIES
    )


def unverified() -> ssl.SSLContext:
    """Return a context that verifies no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _scheme(server: Server) -> str:
    # The proxy does not verify certificates.
    return "https" if server.tls else "http"


def _proxy(namespace: str, target: str, path: str) -> str:
    return f"/api/v1/namespaces/{namespace}/{target}/proxy" + quote(path, safe="/?=&%")
