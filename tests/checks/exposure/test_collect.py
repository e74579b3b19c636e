"""Servers are asked at the addresses in the status of what leads to them, with the right host, and nowhere else."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from checks.exposure.collect import OUTSIDE, Exposed
from checks.kube import models as k8s
from checks.kube.connection import Connection
from checks.kube.listing import Listing
from checks.kube.reading import Read, ReadFailure, Reading
from checks.mcp.answer import Outcome
from stacks.model.declaration import Declaration
from tests.checks.collecting import collect
from tests.checks.mcp.proxying import Proxy
from tests.checks.mcp.test_probe import page, running, server
from tests.checks.secrets.issuing import DAY, issue
from tests.checks.world import SETTINGS, declared

Json = dict[str, Any]
NAME = {"name": "time-mcp-server", "namespace": "cortex-mcp"}
PROXY = {"namespace": "ingress"}
BEARER = {"bearer": {"secret": "guard", "key": "token"}}
HOSTS: list[tuple[str, str]] = []


def noting(app: ASGIApp, token: str = "") -> ASGIApp:
    """Note host and credentials of each request, and refuse others than this token."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        given = headers.get(b"authorization", b"").decode()
        HOSTS.append((headers[b"host"].decode(), given))
        refused = token and given != f"Bearer {token}"
        await (PlainTextResponse("no", 401) if refused else app)(scope, receive, send)

    return respond


@contextmanager
def mcp(token: str = "", certificate: Path | None = None) -> Iterator[int]:
    """Serve MCP; give the port."""
    HOSTS.clear()
    app = server().streamable_http_app(stateless_http=True, json_response=True, host="0.0.0.0")
    proxy = Proxy({}, wrapped=[app])
    application = proxy.application()
    assert isinstance(application, Starlette)
    application.router.routes.clear()
    application.mount("/", noting(app, token))
    with running(application, certificate) as connection:
        yield int(connection.host.rpartition(":")[2])


def stack(**settings: Any) -> Declaration:
    plain = {"preset": None} if "preset" in SETTINGS["servers"]["time"] else {}
    time = {**SETTINGS["servers"]["time"], **plain, "smoke": None, "replicas": 1, **settings}
    secrets = {"guard": {"namespace": "cortex-mcp", "existing": ["token"]}}
    cluster = {**SETTINGS["cluster"], "customResources": ["HTTPRoute"]}
    return declared(servers={"time": time}, secrets=secrets, cluster=cluster)


def listing(*documents: Json) -> Listing[Any]:
    reading: Reading[tuple[Any, ...]] = Read(documents, 0.1)
    return Listing(reading, {"cortex-mcp": reading})


def nodes(*addresses: Json, ready: str = "True") -> Listing[Any]:
    node = {"metadata": {"name": "a"}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}
    node["status"]["addresses"] = list(addresses)  # type: ignore[index]
    return Listing(Read((msgspec.convert(node, k8s.Node),), 0.1), {})


def balanced(kind: str, *ingress: Json, **spec: Any) -> Json:
    return {"kind": kind, "metadata": NAME, "spec": spec, "status": {"loadBalancer": {"ingress": list(ingress)}}}


def api(secret: Json | None = None, gateway: Json | None = None) -> Starlette:
    """Play the API server for what is read by name."""

    async def respond(request: Request) -> Response:
        found = secret if "/secrets/" in request.url.path else gateway
        missing = {"kind": "Status", "reason": "NotFound", "message": "none", "details": {"name": "x"}}
        return JSONResponse(found) if found is not None else JSONResponse(missing, 404)

    return Starlette(routes=[Route("/{path:path}", respond)])


def found(declaration: Declaration, app: Starlette | None = None, **listings: Listing[Any]) -> Exposed:
    with running(app or api()) as connection:

        async def main() -> Exposed:
            outside = await collect(OUTSIDE, declaration, connection, **listings)
            assert outside is not None
            (reading,) = outside["time"]
            assert not isinstance(reading, ReadFailure), reading
            return reading.value

        return anyio.run(main)


def test_node_port_is_asked_at_the_nodes() -> None:
    with mcp() as port:
        service = balanced("Service", ports=[{"port": 8080, "nodePort": port}])
        at = [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": "elsewhere"}]
        exposed = found(stack(service={"type": "NodePort"}), Service=listing(service), Node=nodes(*at))
        assert [each.anonymous.outcome for each in exposed.tried] == [Outcome.ANSWERED]
        assert exposed.tried[0].url == f"http://127.0.0.1:{port}/mcp"
        # Those that are outside the cluster are tried instead, and a node that is not ready is not.
        outer = nodes(*at, {"type": "ExternalIP", "address": "127.0.0.2"})
        exposed = found(stack(service={"type": "NodePort"}), Service=listing(service), Node=outer)
        assert exposed.place.addresses == (f"127.0.0.2:{port}",)
        exposed = found(stack(service={"type": "NodePort"}), Service=listing(service), Node=nodes(*at, ready="False"))
        assert (exposed.place.addresses, exposed.place.source) == ((), "")


def test_load_balancer_is_asked_at_its_address() -> None:
    with mcp() as port:
        declaration = stack(service={"type": "LoadBalancer", "port": port})
        exposed = found(declaration, Service=listing(balanced("Service", {"ip": "127.0.0.1"})))
        assert [each.anonymous.outcome for each in exposed.tried] == [Outcome.ANSWERED]
        exposed = found(declaration, Service=listing(balanced("Service")))
        assert (exposed.tried, exposed.place.source) == ((), "Service cortex-mcp/time-mcp-server")
        assert found(declaration, Service=listing()).place.missing


def ingress(port: int, **settings: Any) -> tuple[Declaration, Listing[Any]]:
    exposure = {"host": "time.test", "proxy": PROXY, **settings.pop("exposure", {})}
    at = {"ip": "127.0.0.1", "ports": [{"port": port, "protocol": "TCP"}]}
    return stack(exposure=exposure, **settings), listing(balanced("Ingress", at))


def test_ingress_is_asked_for_its_host() -> None:
    with mcp() as port:
        declaration, live = ingress(port)
        (tried,) = found(declaration, Ingress=live).tried
    assert tried.anonymous.outcome is Outcome.ANSWERED
    assert tried.url == f"http://time.test/mcp (127.0.0.1:{port})"
    assert {host for host, _ in HOSTS} == {"time.test"}


def test_path_that_the_ingress_does_not_have_is_not_tried() -> None:
    declaration, live = ingress(1, exposure={"path": "/time"})
    assert found(declaration, Ingress=live).tried == ()


def test_not_found_of_the_controller_is_no_mcp() -> None:
    with running(page(PlainTextResponse("default backend", 404))) as connection:
        declaration, live = ingress(int(connection.host.rpartition(":")[2]))
        (tried,) = found(declaration, Ingress=live).tried
    assert (tried.anonymous.outcome, tried.anonymous.detail) == (Outcome.NO_MCP, "the endpoint answered HTTP 404")


def test_address_that_nobody_listens_at_is_unreachable() -> None:
    with mcp() as port:
        pass
    declaration, live = ingress(port)
    (tried,) = found(declaration, Ingress=live).tried
    assert (tried.anonymous.outcome, tried.anonymous.distrusted) == (Outcome.UNREACHABLE, False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    now = datetime.now(UTC)
    made = issue("time.test", begins=now - DAY, ends=now + 9 * DAY)
    (tmp_path / "crt").write_bytes(made.pem)
    (tmp_path / "key").write_bytes(made.key_pem())
    return tmp_path


def secret(**data: bytes) -> Json:
    return {"data": {name.replace("_", "."): base64.b64encode(value).decode() for name, value in data.items()}}


def test_certificate_of_the_secret_is_trusted_for_its_host_and_gets_the_token(folder: Path) -> None:
    crt = (folder / "crt").read_bytes()
    tls = {"tls": {"secret": "cert"}}
    with mcp("right", folder) as port:
        declaration, live = ingress(port, exposure=tls, authorization=BEARER)
        (tried,) = found(declaration, api(secret(tls_crt=crt, token=b"right")), Ingress=live).tried
        assert tried.anonymous.challenge
        assert tried.authorized is not None
        assert tried.authorized.outcome is Outcome.ANSWERED, tried.authorized.detail
        assert ("time.test", "Bearer right") in HOSTS
        HOSTS.clear()
        # A certificate that is not trusted gets neither.
        (tried,) = found(declaration, api(secret(token=b"right")), Ingress=live).tried
        assert (tried.anonymous.distrusted, tried.authorized, HOSTS) == (True, None, [])
        other, live = ingress(port, exposure={**tls, "host": "other.test"})
        (tried,) = found(other, api(secret(tls_crt=crt)), Ingress=live).tried
        assert tried.anonymous.distrusted
        assert "other.test" in tried.anonymous.detail


def test_token_is_not_sent_unencrypted() -> None:
    with mcp("right") as port:
        declaration, live = ingress(port, authorization=BEARER)
        (tried,) = found(declaration, api(secret(token=b"right")), Ingress=live).tried
    assert (tried.anonymous.challenge, tried.authorized) == (True, None)
    assert {token for _, token in HOSTS} == {""}


def test_gateway_is_asked_at_its_listener() -> None:
    with mcp() as port:
        exposure = {"host": "time.test", "proxy": PROXY, "gateway": {"name": "shared", "namespace": "gateways"}}
        listeners = [{"name": "tcp", "port": 1, "protocol": "TCP"}, {"name": "web", "port": port, "protocol": "HTTP"}]
        gateway = {"spec": {"listeners": listeners}, "status": {"addresses": [{"value": "127.0.0.1"}]}}
        exposed = found(stack(exposure=exposure), api(gateway=gateway))
        assert [each.anonymous.outcome for each in exposed.tried] == [Outcome.ANSWERED]
        assert str(exposed.place.ref) == "HTTPRoute cortex-mcp/time-mcp-server"
        assert {host for host, _ in HOSTS} == {"time.test"}
        del gateway["status"]
        exposed = found(stack(exposure=exposure), api(gateway=gateway))
    assert (exposed.place.addresses, exposed.place.source) == ((), "Gateway gateways/shared")


def test_nothing_is_asked_without_exposure_or_inside_the_cluster() -> None:
    async def main() -> None:
        nowhere = Connection("test", "http://192.0.2.1")
        assert await collect(OUTSIDE, stack(), nowhere) == {}
        inside = Connection("test", "http://192.0.2.1", inside=True)
        assert await collect(OUTSIDE, stack(service={"type": "NodePort"}), inside) is None

    anyio.run(main)
