"""An MCP server: what it has besides what any workload has."""

from functools import partial
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from stacks.model.authorization import Authorization
from stacks.model.bridge import BridgeRules
from stacks.model.image import Image
from stacks.model.probe import HttpPath, Probes
from stacks.model.transport import PodTls, Spoken, Transport
from stacks.model.types import LARGEST, LEFT_OUT, DnsLabel, LabelValue, Model, Port, matching
from stacks.model.workload import Workload, replicas

ServerType = Annotated[
    str,
    matching(
        r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?",
        "a server type: use at most 52 of a-z, 0-9 and '-', begin with a letter, end with a letter or digit",
    ),
]
"""The type of an MCP server. Its Service is called `<type>-mcp-server`, hence the 52 and the letter in front."""


ProtocolVersion = Literal["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]
"""A version of the Model Context Protocol."""


class SmokeCall(Model):
    """A harmless tool call by which a verification checks that the server works; it must succeed."""

    tool: str
    """Name of the tool."""
    arguments: dict[str, str | int | Annotated[float, Field(allow_inf_nan=False)] | bool] = {}
    """Its arguments."""


def _number(value: object) -> str:
    return "[several]" if isinstance(value, (list, tuple)) else "[one]"


_SmokeCalls = Annotated[
    Annotated[SmokeCall, Tag("[one]")] | Annotated[tuple[SmokeCall, ...], Tag("[several]"), Field(min_length=1)],
    Discriminator(_number),
]


class Server(Workload):
    """One MCP server, keyed in the declaration by its type (`talos`, `time` …)."""

    version: LabelValue
    """Label `mcp.cortex.dev/version`."""
    transport: Transport
    """The transport of the server itself: `http` (streamable HTTP), `sse` (the older HTTP+SSE), `websocket` (with the
    subprotocol `mcp`), or `stdio` behind the bridge, which serves HTTP."""
    bridge: Annotated[Image | None, LEFT_OUT] = None
    """Image of the bridge, for a stdio server from its stock image, which `command` then starts. Without it, the
    server's own image has the bridge in front."""
    bridge_rules: Annotated[BridgeRules | None, LEFT_OUT] = None
    """What the bridge of `bridge` serves, and to whom: all tools, to all clients, unless given."""
    capabilities: dict[DnsLabel, tuple[str, ...]] = Field(min_length=1)
    """Capability → its tools: each must be in the server's `tools/list`."""
    replicas: Annotated[int, Field(strict=True, ge=0, le=LARGEST)] = Field(default_factory=partial(replicas, 2))
    """Number of pods (2); with `autoscaling` the number at first, in its range (`minReplicas`)."""
    port: Port = 8080
    """The TCP port of container and Service."""
    path: HttpPath = "/mcp"
    """The HTTP path of the MCP endpoint; with `sse` that of the stream, which most servers have at `/sse`. Most
    WebSocket servers have it at `/ws`."""
    tls: Annotated[bool | PodTls, LEFT_OUT] = False
    """Whether the container serves HTTPS on `port`."""
    authorization: Annotated[Authorization | None, LEFT_OUT] = None
    """How it refuses requests without credentials, and the credentials of a verification."""
    protocols: Annotated[tuple[ProtocolVersion, ...], LEFT_OUT] = ()
    """Versions of MCP that its clients speak; a verification asks each ready pod in each of them."""
    probes: Probes = Probes()
    """How the kubelet checks its health."""
    smoke: _SmokeCalls | None = None
    """A tool call that a verification makes on each pod, or several."""

    @property
    def launcher(self) -> str | None:
        """Return the image with the command of its probes by MCP; None if it has no such probe."""
        return next((exchange.image for exchange in self.probes.exchanges().values()), None)

    @property
    def smoke_calls(self) -> tuple[SmokeCall, ...]:
        """Return the tool calls that a verification makes."""
        return (self.smoke,) if isinstance(self.smoke, SmokeCall) else self.smoke or ()

    @property
    def spoken(self) -> Spoken:
        """Return how it is spoken to."""
        return "http" if self.transport == "stdio" else self.transport

    @property
    def serves_tls(self) -> bool:
        """Return whether `port` serves HTTPS."""
        return bool(self.tls)

    @property
    def serves_unverified_tls(self) -> bool:
        """Return whether `port` serves HTTPS with a certificate that nobody verifies."""
        return isinstance(self.tls, PodTls) and not self.tls.verify

    @property
    def service_port(self) -> int:
        """Return the port of its Service that leads to `port`."""
        return (self.service and self.service.port) or self.port
