"""How an MCP server is spoken to: its transport, and TLS in its pods."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from stacks.model.types import Model

_ELSEWHERE = "is not supported: declare the server under cortex:manifests, where it is not asked over MCP"
_OTHERS = {
    "streamable-http": "is called http here: write transport: http",
    "streamableHttp": "is called http here: write transport: http",
    "http+sse": "is called sse here: write transport: sse",
    "websocket": _ELSEWHERE,
    "ws": _ELSEWHERE,
}


def _transport(value: object) -> object:
    if isinstance(value, str) and value in _OTHERS:
        raise ValueError(f"{value!r} {_OTHERS[value]}")
    return value


Transport = Annotated[Literal["http", "sse", "stdio"], BeforeValidator(_transport)]
"""The transport of an MCP server."""


class PodTls(Model):
    """TLS in the pods of a server."""

    verify: bool = True
    """Whether the verifier inside the cluster verifies the certificate, which then has to name the Service and come
    from an authority that the verifier's image trusts."""
