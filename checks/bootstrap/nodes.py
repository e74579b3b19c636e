"""In what state the nodes of a plan are, as their Talos API shows it."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import anyio

from checks.bootstrap.plan import PlannedNode
from checks.errors import UncheckedError
from checks.kube.reading import ReadFailure, Reading, Reason
from checks.talos.client import GrpcNode, Route, connections
from checks.talos.talosconfig import Talosconfig
from checks.talos.tls import client_context

T = TypeVar("T")
POLL_SECONDS = 0.5
_CLOSED_TIMES = 5
"""How often in a row a node must close the connection before it counts as one of another cluster."""


class Phase(Enum):
    """The state of a node. The values complete the sentence "the node …"."""

    SILENT = "does not answer"
    MAINTENANCE = "is in maintenance mode: it waits for its configuration"
    OURS = "is configured for this cluster"
    FOREIGN = "is configured for another cluster"


@dataclass(frozen=True)
class Reach:
    """How the nodes are reached: the port of the Talos API, and the talosconfig once there is one."""

    port: int
    config: Talosconfig | None = None

    @asynccontextmanager
    async def insecure(self, node: PlannedNode) -> AsyncIterator[GrpcNode | ReadFailure]:
        """Connect without certificates, as a node in maintenance mode accepts it: its own certificate is new."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        with connections(context) as made:
            yield await made.node(Route(node.address, self.port))

    @asynccontextmanager
    async def secure(self, node: PlannedNode) -> AsyncIterator[GrpcNode | ReadFailure]:
        """Connect with the certificates of the cluster."""
        if self.config is None:
            raise UncheckedError("this is a bug in cortex: the cluster has no talosconfig yet")
        with connections(client_context(self.config)) as made:
            yield await made.node(Route(node.address, self.port))

    async def phase(self, node: PlannedNode) -> Phase:
        """Return the state of a node. One that restarts closes connections as one of another cluster does."""
        for _ in range(_CLOSED_TIMES):
            phase = await self._phase(node)
            if phase is not Phase.FOREIGN:
                return phase
            await anyio.sleep(POLL_SECONDS)
        return Phase.FOREIGN

    async def _phase(self, node: PlannedNode) -> Phase:
        if self.config is not None:
            async with self.secure(node) as connected:
                known = await _answer(connected)
            if known is not None:
                return Phase.SILENT if _is_silent(known) else Phase.OURS
        async with self.insecure(node) as connected:
            known = connected if isinstance(connected, ReadFailure) else await connected.version()
        if not isinstance(known, ReadFailure) or known.reason in (Reason.FAILED, Reason.FORBIDDEN):
            # Talos answers without a client certificate, if only that it does not tell its version in this mode.
            return Phase.MAINTENANCE
        return Phase.SILENT if _is_silent(known) else Phase.FOREIGN


async def _answer(connected: GrpcNode | ReadFailure) -> Reading[str] | None:
    """Return the answer of a node over TLS; None if the certificates of the cluster are not those of the node."""
    known = connected if isinstance(connected, ReadFailure) else await connected.version()
    return None if isinstance(known, ReadFailure) and known.reason is Reason.UNAUTHORIZED else known


def _is_silent(known: Reading[str]) -> bool:
    return isinstance(known, ReadFailure) and known.reason in (Reason.UNREACHABLE, Reason.TIMEOUT)


async def until(seconds: float, what: Callable[[], str], attempt: Callable[[], Awaitable[T | None]]) -> T:
    """Return what an attempt returns, and try again while that is None.

    Raises:
        UncheckedError: the time is over; `what` is the sentence then.
    """
    with anyio.move_on_after(seconds):
        while True:
            found = await attempt()
            if found is not None:
                return found
            await anyio.sleep(POLL_SECONDS)
    raise UncheckedError(f"{what()} within {seconds:g} s")
