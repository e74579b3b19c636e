"""How an MCP server is spoken to: its transport, and TLS in its pods."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from stacks.model.types import Model

_OTHERS = {
    "streamable-http": "http",
    "streamableHttp": "http",
    "http+sse": "sse",
    "ws": "websocket",
}


def _transport(value: object) -> object:
    if isinstance(value, str) and value in _OTHERS:
        name = _OTHERS[value]
        raise ValueError(f"{value!r} is called {name} here: write transport: {name}")
    return value


Transport = Annotated[Literal["http", "sse", "stdio", "websocket"], BeforeValidator(_transport)]
"""The transport of an MCP server."""
Spoken = Literal["http", "sse", "websocket"]
"""How an MCP server is spoken to: one of `stdio` has the bridge in front, which speaks `http`."""


class PodTls(Model):
    """TLS in the pods of a server."""

    verify: bool = True
    """Whether the verifier inside the cluster verifies the certificate, which then has to name the Service and come
    from an authority that the verifier's image trusts."""
