"""Access tokens for a client: where its secret is sent, how a refusal is told, and that nobody reads the secret."""

import base64
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import quote_plus

import pytest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from checks.kube.connection import Connection
from checks.kube.port_forward import ForwardError
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.mcp import client_credentials, token_request
from checks.mcp.client_credentials import ClientRefused
from checks.mcp.token import Token
from tests.checks.fake_api import FakeApi
from tests.checks.mcp.authorizing import CLIENT, SECRET, TOKEN, AuthorizationServer, asked, authorizing, client

BASIC = base64.b64encode(f"{quote_plus(CLIENT)}:{quote_plus(SECRET)}".encode()).decode()


def failure(found: Reading[Token] | ClientRefused) -> ReadFailure:
    assert isinstance(found, ReadFailure)
    assert SECRET not in repr(found)
    return found


def test_token_endpoint_gives_a_token(api: FakeApi) -> None:
    with authorizing(AuthorizationServer()) as server:
        found = asked(api, client(tokenUrl=f"{server.url}/token", scope="mcp:read", resource="https://mcp.test/mcp"))
    assert isinstance(found, Read)
    assert found.value.header() == f"Bearer {TOKEN}"
    assert TOKEN not in repr(found)
    form = {"grant_type": "client_credentials", "scope": "mcp:read", "resource": "https://mcp.test/mcp"}
    assert server.asked == [{**form, "method": "client_secret_basic"}]


def test_server_that_wants_the_secret_in_the_form_gets_it_there(api: FakeApi) -> None:
    with authorizing(AuthorizationServer(methods=("client_secret_post",))) as server:
        assert isinstance(asked(api, client(tokenUrl=f"{server.url}/token")), Read)
        assert [one["method"] for one in server.asked] == ["client_secret_basic", "client_secret_post"]
        server.metadata["token_endpoint_auth_methods_supported"] = ["private_key_jwt", "client_secret_post"]
        server.asked.clear()
        assert isinstance(asked(api, client(issuer=server.url)), Read)
        assert [one["method"] for one in server.asked] == ["client_secret_post"]
        server.metadata["token_endpoint_auth_methods_supported"] = ["private_key_jwt"]
        found = failure(asked(api, client(issuer=server.url)))
        assert found.message == "it accepts neither client_secret_basic nor client_secret_post"


@pytest.mark.parametrize(
    ("path", "metadata"),
    [
        ("", "/.well-known/oauth-authorization-server"),
        ("", "/.well-known/openid-configuration"),
        ("/realms/mcp", "/.well-known/oauth-authorization-server/realms/mcp"),
        ("/realms/mcp", "/realms/mcp/.well-known/openid-configuration"),
    ],
)
def test_issuer_names_its_token_endpoint(api: FakeApi, path: str, metadata: str) -> None:
    with authorizing(AuthorizationServer(metadata_path=metadata)) as server:
        server.metadata["issuer"] = server.url + path
        assert isinstance(asked(api, client(issuer=server.url + path)), Read)


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({"issuer": "https://evil.test"}, "its metadata is that of another issuer, 'https://evil.test'"),
        (
            {"token_endpoint": "http://evil.test/token"},
            "names a token endpoint that is not safe: 'http://evil.test/token'",
        ),
        ({"token_endpoint": "http://vault.prod.svc/token"}, "not safe: 'http://vault.prod.svc/token'"),
        ({"token_endpoint": "https://vault.prod.svc/token"}, "not safe: 'https://vault.prod.svc/token'"),
        ({"token_endpoint": "http://127.0.0.1:1/token"}, "not safe: 'http://127.0.0.1:1/token'"),
        ({"token_endpoint": "/token"}, "not safe: '/token'"),
        ({"token_endpoint": None}, "is not the metadata of an authorization server"),
    ],
)
def test_secret_is_not_sent_where_metadata_must_not_be_trusted(
    api: FakeApi, metadata: dict[str, Any], told: str
) -> None:
    with authorizing(AuthorizationServer(metadata=metadata)) as server:
        found = failure(asked(api, client(issuer=server.url)))
        assert (found.what, found.message.endswith(told)) == (f"ask {server.url} for an access token", True)
        assert server.asked == []


def test_issuer_without_metadata_is_told(api: FakeApi) -> None:
    with authorizing(AuthorizationServer(metadata_path="/elsewhere")) as server:
        found = failure(asked(api, client(issuer=server.url)))
    assert found.message == "it answered HTTP 404 where its metadata should be"


def test_refused_client_is_told_in_the_words_of_the_server(api: FakeApi) -> None:
    with authorizing(AuthorizationServer()) as server:
        declared = client(tokenUrl=f"{server.url}/token")
        assert asked(api, declared, "another") == ClientRefused("invalid_client")
        assert len(server.asked) == 2
        said = f"secret {SECRET} of {BASIC} expired"
        server.answers = [JSONResponse({"error": "unauthorized_client", "error_description": said}, 400)]
        assert asked(api, declared) == ClientRefused("unauthorized_client: secret [hidden] of [hidden] expired")
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("answer", "reason", "told"),
    [
        (HTMLResponse("<html>", 404), Reason.FAILED, "it answered HTTP 404 without a token"),
        (JSONResponse({"error": "server_error"}, 503), Reason.FAILED, "it answered HTTP 503 without a token"),
        (RedirectResponse("http://evil.test/token"), Reason.FAILED, "it answered HTTP 307 without a token"),
        (JSONResponse({"access_token": "x"}), Reason.UNDECODABLE, "its answer has no bearer token"),
        (
            JSONResponse({"access_token": "x", "token_type": "DPoP"}),
            Reason.UNDECODABLE,
            "its answer has no bearer token",
        ),
        (
            JSONResponse({"access_token": "two words", "token_type": "Bearer"}),
            Reason.UNDECODABLE,
            "its value is not a token: it is empty, or has characters that an HTTP header cannot carry",
        ),
        (Response("x" * 70_000), Reason.UNDECODABLE, "its answer has more than 65536 bytes"),
    ],
)
def test_other_answers_are_unknown(api: FakeApi, answer: Response, reason: Reason, told: str) -> None:
    with authorizing(AuthorizationServer(answers=[answer])) as server:
        found = failure(asked(api, client(tokenUrl=f"{server.url}/token")))
    assert (found.what, found.reason, found.message) == (
        f"ask {server.url}/token for an access token",
        reason,
        told,
    )


def test_closed_port_and_silence_are_unknown(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/token"
        monkeypatch.setattr(client_credentials, "DEADLINE_SECONDS", 0.2)
        found = failure(asked(api, client(tokenUrl=url)))
        assert (found.reason, found.message) == (Reason.TIMEOUT, "no answer within 0.2 s")
    found = failure(asked(api, client(tokenUrl=url)))
    assert (found.what, found.reason) == (f"ask {url} for an access token", Reason.UNREACHABLE)


def test_verifier_inside_the_cluster_waits_and_tells_the_way_out(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = 0

    async def patiently(ask: Any, answered: Any) -> Any:
        nonlocal attempts
        while not answered(result := await ask()) and attempts < 2:
            attempts += 1
        return result

    monkeypatch.setattr(client_credentials, "patiently", patiently)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/token"
    found = failure(asked(api, client(tokenUrl=url), inside=True))
    assert attempts == 2
    assert found.message.endswith(": let the verifier connect there by cortex:verifier.egress")


def test_secret_that_is_missing_or_empty_is_told(api: FakeApi) -> None:
    declared = client(tokenUrl="https://login.test/token")
    found = failure(asked(api, declared, " \n"))
    assert (found.what, found.message) == (
        "read the client secret secret of Secret cortex-mcp/time-client",
        "its value is empty, or is not text",
    )
    other = declared.model_copy(update={"client_secret": declared.client_secret.model_copy(update={"key": "other"})})
    assert failure(asked(api, other)).message == "the Secret has no such key"


Forwarded = AbstractAsyncContextManager[str]
SERVICE = {"ports": [{"port": 8080, "targetPort": "http"}], "selector": {"app": "login"}}
URL = "http://login.auth.svc:8080/token"


def with_service(api: FakeApi) -> None:
    api.world.add("services", "auth", {"metadata": {"name": "login"}, "spec": SERVICE})
    ports = [{"containerPort": 9000, "name": "http"}]
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    pod = {"spec": {"containers": [{"name": "main", "ports": ports}]}, "status": ready}
    api.world.add("pods", "auth", {**pod, "metadata": {"name": "login-1", "labels": {"app": "login"}}})


def test_service_of_the_cluster_is_reached_through_a_pod(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    with_service(api)
    opened: list[tuple[str, str, int]] = []

    @asynccontextmanager
    async def forwarded(_: Connection, namespace: str, pod: str, port: int) -> AsyncGenerator[str]:
        opened.append((namespace, pod, port))
        yield server.url.removeprefix("http://")

    monkeypatch.setattr(token_request, "forwarded", forwarded)
    with authorizing(AuthorizationServer()) as server:
        assert isinstance(asked(api, client(tokenUrl=URL)), Read)
    assert opened == [("auth", "login-1", 9000)]


def test_service_that_cannot_be_reached_is_unknown(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    found = failure(asked(api, client(tokenUrl=URL)))
    assert found.message == "find a pod of Service auth/login: the Service does not exist"
    with_service(api)

    def denied(*_: object) -> Forwarded:
        raise ForwardError("pods is forbidden", 403)

    monkeypatch.setattr(token_request, "forwarded", denied)
    found = failure(asked(api, client(tokenUrl=URL)))
    assert (found.reason, found.message) == (Reason.FORBIDDEN, "pods is forbidden")
    assert found.permission == Permission("get", "pods/portforward", "auth")


def test_nothing_shows_the_secret(api: FakeApi) -> None:
    declared = client(tokenUrl="https://login.test/token")
    assert SECRET not in json.dumps(declared.model_dump(mode="json"))
    assert SECRET not in repr(client_credentials._Client(declared, SECRET))
    assert TOKEN not in repr(token_request.HttpAnswer(200, TOKEN.encode()))
