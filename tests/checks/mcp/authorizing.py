"""An OAuth authorization server, and clients that ask it for tokens."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.reading import Reading
from checks.mcp.client_credentials import ClientRefused, access_token
from checks.mcp.token import Token
from checks.snapshot.reader import Reader
from stacks.model.authorization import ClientCredentials
from tests.checks.fake_api import FakeApi
from tests.checks.mcp.test_probe import running

CLIENT, SECRET, TOKEN = "cortex verifier", "s3cret/+ of:it", "access-token-4711"
STORED = {"secret": "time-client", "key": "secret"}


@dataclass
class AuthorizationServer:
    """Gives TOKEN to CLIENT with SECRET; `answers` are given instead, in turn."""

    methods: tuple[str, ...] = ("client_secret_basic", "client_secret_post")
    answers: list[Response] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    """Changes of its metadata."""
    metadata_path: str = "/.well-known/oauth-authorization-server"
    asked: list[dict[str, str]] = field(default_factory=list)
    """The form of each request for a token, with the way in which the secret came."""
    url: str = ""

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/token", self._token, methods=["POST"]),
                Route(self.metadata_path, self._metadata),
            ]
        )

    async def _metadata(self, _: Request) -> Response:
        own = {"issuer": self.url, "token_endpoint": f"{self.url}/token"}
        return JSONResponse({**own, **self.metadata})

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        method, given = "client_secret_post", (form.get("client_id", ""), form.get("client_secret", ""))
        if basic := request.headers.get("Authorization", "").removeprefix("Basic "):
            name, _, secret = base64.b64decode(basic).decode().partition(":")
            method, given = "client_secret_basic", (unquote_plus(name), unquote_plus(secret))
        self.asked.append({**form, "method": method})
        if self.answers:
            return self.answers.pop(0)
        if method not in self.methods or given != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        return JSONResponse({"access_token": TOKEN, "token_type": "bearer", "expires_in": 60})


@contextmanager
def authorizing(server: AuthorizationServer) -> Iterator[AuthorizationServer]:
    with running(server.application()) as connection:
        server.url = connection.host
        yield server


def client(**settings: Any) -> ClientCredentials:
    return ClientCredentials.model_validate({"clientId": CLIENT, "clientSecret": STORED, **settings})


def asked(
    api: FakeApi, declared: ClientCredentials, secret: str = SECRET, **options: Any
) -> Reading[Token] | ClientRefused:
    """Ask for a token, with this secret in the cluster."""
    data = {"secret": base64.b64encode(secret.encode()).decode()}
    api.world.objects["secrets", "cortex-mcp"] = []
    api.world.add("secrets", "cortex-mcp", {"metadata": {"name": "time-client"}, "data": data})

    async def main() -> Reading[Token] | ClientRefused:
        connection = Connection("test", api.url, **options)
        async with connection.client() as http:
            reader = Reader(api.world.declaration, connection, ApiClient(http))
            return await access_token(reader, "cortex-mcp", declared, declared.client_secret)

    return anyio.run(main)
