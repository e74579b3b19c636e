"""An API server that forwards requests to MCP servers, as its Service proxy and its pod proxy do."""

import base64
import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_PROXY = re.compile(r"/api/v1/namespaces/[^/]+/(services|pods)/([a-z]+):([^:]+):\d+/proxy(/.*)")
_SECRETS = re.compile(r"/api/v1/namespaces/[^/]+/secrets/[^/]+")
_PODS = re.compile(r"/api/v1/namespaces/[^/]+/pods")


@dataclass
class Proxy:
    """Forwards to `services/NAME` and `pods/NAME`; anything else gets the API server's own answer."""

    targets: Mapping[str, ASGIApp]
    listed: list[str] = field(default_factory=list)
    """Pods that a list returns, all ready."""
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Target, method and path of each forwarded request."""
    token: str = ""
    """The token in each Secret; without one, they may not be read."""
    wrapped: list[Starlette] = field(default_factory=list)
    """Applications to start that are within a target."""
    schemes: set[str] = field(default_factory=set)

    def application(self) -> ASGIApp:
        """Return the application, in which the targets are started."""
        app = Starlette(lifespan=self._lifespan)
        app.mount("/", self._forward)
        return app

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            targets = {id(target): target for target in (*self.targets.values(), *self.wrapped)}
            for target in targets.values():
                if isinstance(target, Starlette):
                    await stack.enter_async_context(target.router.lifespan_context(target))
            yield

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        if match := _PROXY.fullmatch(scope["path"]):
            kind, scheme, name, path = match.groups()
            self.requests.append((f"{kind}/{name}", scope["method"], path))
            self.schemes.add(scheme)
            if target := self.targets.get(f"{kind}/{name}"):
                await target({**scope, "path": path, "raw_path": path.encode(), "root_path": ""}, receive, send)
                return
        answer = JSONResponse({"kind": "Status", "message": "no endpoints available"}, status_code=503)
        if _SECRETS.fullmatch(scope["path"]):
            answer = JSONResponse({"kind": "Status", "message": "denied"}, status_code=403)
            if self.token:
                answer = JSONResponse({"data": {"token": base64.b64encode(self.token.encode()).decode()}})
        if _PODS.fullmatch(scope["path"]):
            answer = JSONResponse({"items": [pod(name) for name in self.listed]})
        await answer(scope, receive, send)


def pod(name: str, kind: str = "time") -> dict[str, object]:
    """Return a ready pod of an MCP server."""
    labels = {"app": "mcp-server", "mcp.cortex.dev/type": kind}
    return {
        "metadata": {"name": name, "namespace": "cortex-mcp", "labels": labels},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def as_json(pods: list[str]) -> str:
    """Return pods as the API server lists them."""
    return json.dumps({"items": [pod(name) for name in pods]})
