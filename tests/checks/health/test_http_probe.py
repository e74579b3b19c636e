"""The probe paths are asked as the kubelet asks them; what the API server says is told from what the server says."""

import socket

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from checks.health.collect import probed
from checks.health.http_probe import Reply, ask
from checks.kube.connection import Connection
from checks.kube.endpoint import service
from checks.kube.reading import Permission, ReadFailure, Reason
from stacks.model.server import Server
from tests.checks.mcp.test_probe import running
from tests.checks.world import SETTINGS

RIGHT = Permission("get", "services/proxy", "cortex-mcp")


def page(answer: Response) -> Starlette:
    async def respond(_request: Request) -> Response:
        return answer

    return Starlette(routes=[Route("/health", respond)])


def reply(connection: Connection, deadline: float = 10) -> Reply | ReadFailure:
    return anyio.run(ask, connection, "/health", "GET /health", RIGHT, deadline)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (PlainTextResponse("ok"), 200),
        (RedirectResponse("/login"), 307),
        (PlainTextResponse("starting", status_code=503), 503),
        (JSONResponse({"status": "down"}, status_code=500), 500),
        (PlainTextResponse("who are you", status_code=401), 401),
    ],
)
def test_status_of_the_server_itself(answer: Response, status: int) -> None:
    with running(page(answer)) as connection:
        got = reply(connection)
    assert isinstance(got, Reply)
    assert (got.status, got.detail) == (status, "")
    assert got.seconds > 0


def test_api_server_that_forbids_names_the_right() -> None:
    body = {"kind": "Status", "message": "forbidden"}
    with running(page(JSONResponse(body, status_code=403))) as connection:
        got = reply(connection)
    assert isinstance(got, ReadFailure)
    assert (got.reason, got.permission) == (Reason.FORBIDDEN, RIGHT)
    assert '"get" on "services/proxy" in namespace cortex-mcp' in got.message


def test_api_server_that_finds_nobody_is_silence() -> None:
    body = {"kind": "Status", "message": "no endpoints available"}
    with running(page(JSONResponse(body, status_code=503))) as connection:
        got = reply(connection)
    assert isinstance(got, Reply)
    assert (got.status, got.detail) == (None, "no endpoints available")


def test_silence_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        got = reply(Connection("test", f"http://127.0.0.1:{mute.getsockname()[1]}"), deadline=0.3)
    assert isinstance(got, Reply)
    assert (got.status, got.detail) == (None, "no answer within 0.3 s")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    got = reply(Connection("test", f"http://127.0.0.1:{port}"))
    assert isinstance(got, Reply)
    assert got.status is None
    assert got.detail


def server(**probes: object) -> Server:
    return Server.model_validate({**SETTINGS["servers"]["time"], "probes": probes})


def test_each_path_is_asked_once() -> None:
    assert probed(server()) == {"/health": "liveness", "/ready": "readiness", "/startup": "startup"}
    one = server(liveness={"path": "/healthz"}, readiness={"path": "/healthz"}, startup={"path": "/healthz"})
    assert probed(one) == {"/healthz": "liveness, readiness, startup"}


def test_way_goes_through_the_service_proxy_or_inside_by_name() -> None:
    outside = Connection("test", "https://api")
    path = "/api/v1/namespaces/cortex-mcp/services/http:time-mcp-server:8080/proxy/ready"
    assert service(outside, "time", server(), "/ready") == (outside, path)
    inside, path = service(Connection("test", "https://api", inside=True), "time", server(), "/ready")
    assert (inside.host + path, inside.token()) == (
        "http://time-mcp-server.cortex-mcp.svc.cluster.local:8080/ready",
        None,
    )
