"""The way to an MCP server: through the API server's proxy, or directly from the verifier's pod."""

import socket
import ssl
from contextlib import suppress
from threading import Thread
from typing import Any

import anyio
import httpx2
import pytest

from checks.kube import models as k8s
from checks.kube.connection import Connection
from checks.kube.endpoint import endpoint, forwarded_to, one_pod, proxied, service
from checks.kube.models.workload import PodStatus
from stacks.model.server import Server
from tests.checks.world import SETTINGS, declared

OUTSIDE = Connection("test", "https://api.test", token=lambda: "Bearer secret")
INSIDE = Connection("in-cluster", "https://api.test", token=lambda: "Bearer secret", inside=True)
HOST = "time-mcp-server.cortex-mcp.svc.cluster.local"
BEFORE = "/api/v1/namespaces/cortex-mcp"


def server(**settings: Any) -> Server:
    return declared(servers={"time": {**SETTINGS["servers"]["time"], **settings}}).servers["time"]


def pod(address: str = "10.0.0.7") -> k8s.Pod:
    return k8s.Pod(metadata=k8s.PodMeta(name="time-1", namespace="cortex-mcp"), status=PodStatus(pod_ip=address))


@pytest.mark.parametrize(("tls", "scheme"), [(False, "http"), (True, "https"), ({"verify": False}, "https")])
def test_outside_requests_go_through_the_proxy(tls: object, scheme: str) -> None:
    declared_server = server(tls=tls, service={"port": 80})
    route, path = endpoint(OUTSIDE, "time", declared_server)
    assert (route, path) == (OUTSIDE, f"{BEFORE}/services/{scheme}:time-mcp-server:80/proxy/mcp")
    route, path = one_pod(OUTSIDE, "time", declared_server, pod())
    assert (route, path) == (OUTSIDE, f"{BEFORE}/pods/{scheme}:time-1:8080/proxy/mcp")


def test_inside_the_credentials_of_the_api_server_stay_behind() -> None:
    for route, path in (endpoint(INSIDE, "time", server()), one_pod(INSIDE, "time", server(), pod())):
        assert (route.token(), route.tls, route.server_name, route.inside, path) == (None, None, None, True, "/mcp")


@pytest.mark.parametrize(("address", "host"), [("10.0.0.7", "10.0.0.7"), ("fd00::7", "[fd00::7]")])
def test_certificate_of_a_pod_names_the_service(address: str, host: str) -> None:
    route, _ = one_pod(INSIDE, "time", server(tls=True), pod(address))
    assert (route.host, route.server_name, route.tls) == (f"https://{host}:8080", HOST, None)


def test_certificate_is_verified_unless_declared_otherwise() -> None:
    route, path = service(INSIDE, "time", server(tls=True), "/health")
    assert (route.host, route.tls, path) == (f"https://{HOST}:8080", None, "/health")
    route, _ = service(INSIDE, "time", server(tls={"verify": False}), "/health")
    assert route.tls is not None
    assert route.tls.verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize("path", ["/mcp", "/api/v1/mcp", "/a/proxy/b", "/api/v1/namespaces/proxy/services"])
def test_path_of_a_server_is_not_a_proxys(path: str) -> None:
    assert proxied(path) == ""
    _, full = endpoint(OUTSIDE, "time", server(path=path))
    assert full == proxied(full) + path


def test_a_forwarded_port_that_closes_connections_is_tried_again() -> None:
    closed: list[bytes] = []

    def close_each(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                with listener.accept()[0] as connection:
                    closed.append(connection.recv(65536))

    async def ask(route: Connection) -> None:
        async with route.client() as http:
            await http.get(route.host)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=close_each, args=(listener,), daemon=True).start()
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(httpx2.ConnectError):
            anyio.run(ask, forwarded_to(OUTSIDE, server(tls=True), place, lambda: "Bearer token"))
        listener.shutdown(socket.SHUT_RDWR)
    assert len(closed) == 3
