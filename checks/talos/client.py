"""Ask one node over the Talos API: gRPC with mutual TLS, through the bindings of the official protobufs."""

import os
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import anyio
from betterproto.lib.google.protobuf import Empty
from grpclib.client import Channel
from grpclib.const import Status
from grpclib.encoding.proto import ProtoCodec
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError
from talos_linux_api.v1_6_0.machine import (
    ApplyConfigurationRequest,
    ApplyConfigurationRequestMode,
    BootstrapRequest,
    EtcdMemberListRequest,
    MachineServiceStub,
)
from talos_linux_api.v1_6_0.time import TimeServiceStub

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.plain_text import brief
from checks.talos import messages
from checks.talos.answers import Alarm, Clock, Diagnostics, Disk, EtcdStatus, Member, Service
from checks.talos.resource_api import ListRequest, Resource, StateStub
from checks.talos.resources import DIAGNOSTICS, EXTENSIONS, NAMESPACE
from checks.talos.tls import peer_expiry, refusal

if TYPE_CHECKING:
    from grpclib.protocol import Peer
    from talos_linux_api.v1_6_0.machine import GenerateConfigurationRequest

T = TypeVar("T")
M = TypeVar("M")

CONNECT_SECONDS = 5.0
CALL_SECONDS = 10.0

_UNDECODABLE = (LookupError, ValueError, ArithmeticError, AttributeError, EOFError, RuntimeError)
"""What the bindings raise for bytes that are not the message."""
_REASONS = {
    Status.UNAVAILABLE: (Reason.UNREACHABLE, "the node is unreachable"),
    Status.DEADLINE_EXCEEDED: (Reason.TIMEOUT, f"no answer within {CALL_SECONDS:g} s"),
    Status.UNAUTHENTICATED: (Reason.UNAUTHORIZED, "the node refuses the client certificate of the talosconfig"),
    Status.PERMISSION_DENIED: (Reason.FORBIDDEN, "no role of the client certificate of the talosconfig permits it"),
    Status.UNIMPLEMENTED: (Reason.FAILED, "this version of Talos does not implement it"),
}
_NO_SUCH_TYPE = (Status.UNIMPLEMENTED, Status.NOT_FOUND)
"""Answers of a node that does not have a type of resource."""
_NOT_SUPPORTED = "is not supported"
"""How Talos says the same with PERMISSION_DENIED, which otherwise is about the roles of the certificate."""


@dataclass(frozen=True)
class Route:
    """The way to a node: the host that is connected to, and the node that it passes the requests to, if another."""

    host: str
    port: int
    behind: str = ""

    @property
    def metadata(self) -> Mapping[str, str]:
        """Return the headers that tell an endpoint to which node a request goes."""
        return {"node": self.behind} if self.behind else {}

    def __str__(self) -> str:
        place = f"{self.host}:{self.port}"
        return f"{self.behind} through {place}" if self.behind else place


class GrpcNode:
    """A node that is connected to; a TalosApi."""

    def __init__(self, channel: Channel, route: Route, expires: datetime | None) -> None:
        self._machine = MachineServiceStub(channel, timeout=CALL_SECONDS, metadata=route.metadata)
        self._state = StateStub(channel, timeout=CALL_SECONDS, metadata=route.metadata)
        self._time = TimeServiceStub(channel, timeout=CALL_SECONDS, metadata=route.metadata)
        self._route = route
        self.expires = expires
        """When the certificate of the node expires; None if it is behind another one."""

    async def version(self) -> Reading[str]:
        """Return the version of Talos."""
        return await self._ask("read the version of Talos", lambda: self._machine.version(Empty()), messages.version)

    async def services(self) -> Reading[tuple[Service, ...]]:
        """Return the services of Talos."""
        return await self._ask("list the services", lambda: self._machine.service_list(Empty()), messages.services)

    async def clock(self) -> Reading[Clock]:
        """Return the difference between its clock and its time server."""
        return await self._ask("compare the clock", lambda: self._time.time(Empty()), messages.clock)

    async def memory(self) -> Reading[int]:
        """Return its memory in bytes."""
        return await self._ask("read the memory", lambda: self._machine.memory(Empty()), messages.memory)

    async def disk(self) -> Reading[Disk]:
        """Return the size of /var."""
        return await self._ask("read the mounts", lambda: self._machine.mounts(Empty()), messages.disk)

    async def diagnostics(self) -> Reading[Diagnostics]:
        """Return the problems that Talos has found on the node."""

        async def found() -> Diagnostics:
            try:
                return messages.diagnostics(await self._resources(DIAGNOSTICS))
            except GRPCError as error:
                if error.status in _NO_SUCH_TYPE or _NOT_SUPPORTED in (error.message or ""):
                    return None
                raise

        return await self._ask("read the diagnostics", found, lambda told: told)

    async def etcd_members(self) -> Reading[tuple[Member, ...]]:
        """Return the members of etcd, as its own member knows them."""
        request = EtcdMemberListRequest(query_local=True)
        ask = lambda: self._machine.etcd_member_list(request)  # noqa: E731
        return await self._ask("list the etcd members", ask, messages.members)

    async def etcd_status(self) -> Reading[EtcdStatus]:
        """Return the state of its etcd member."""
        return await self._ask("read the etcd status", lambda: self._machine.etcd_status(Empty()), messages.status)

    async def etcd_alarms(self) -> Reading[tuple[Alarm, ...]]:
        """Return the alarms of etcd."""
        ask = lambda: self._machine.etcd_alarm_list(Empty())  # noqa: E731
        return await self._ask("list the etcd alarms", ask, messages.alarms)

    async def extensions(self) -> Reading[tuple[str, ...]]:
        """Return the names of its system extensions."""
        ask = lambda: self._resources(EXTENSIONS)  # noqa: E731
        return await self._ask("read the system extensions", ask, messages.extensions)

    async def kubeconfig(self) -> Reading[bytes]:
        """Return a kubeconfig with the rights of an administrator."""

        async def whole() -> bytes:
            return b"".join([bytes(part.bytes) async for part in self._machine.kubeconfig(Empty())])

        return await self._ask("fetch the kubeconfig", whole, messages.kubeconfig)

    async def apply_configuration(self, configuration: bytes) -> Reading[None]:
        """Give a node its machine configuration; a node in maintenance mode then installs itself and restarts."""
        request = ApplyConfigurationRequest(data=configuration, mode=ApplyConfigurationRequestMode.AUTO)
        ask = lambda: self._machine.apply_configuration(request)  # noqa: E731
        return await self._ask("apply the machine configuration", ask, lambda _: None)

    async def bootstrap(self) -> Reading[None]:
        """Bootstrap etcd on this node; Talos refuses that where etcd has data."""
        return await self._ask("bootstrap etcd", lambda: self._machine.bootstrap(BootstrapRequest()), lambda _: None)

    async def generate_configuration(self, wanted: "GenerateConfigurationRequest") -> Reading[tuple[str, str]]:
        """Return a machine configuration and a talosconfig; a configured node gives one for its own cluster."""
        ask = lambda: self._machine.generate_configuration(wanted)  # noqa: E731
        return await self._ask("generate a machine configuration", ask, messages.generated)

    async def _resources(self, kind: str) -> list[Resource]:
        request = ListRequest(namespace=NAMESPACE, type=kind)
        return [response.resource async for response in self._state.list(request)]

    async def _ask(self, what: str, call: Callable[[], Awaitable[M]], decode: Callable[[M], T]) -> Reading[T]:
        what, start = f"{what} of {self._route}", perf_counter()
        try:
            value = decode(await call())
        except GRPCError as error:
            reason, message = _REASONS.get(error.status, (Reason.FAILED, "the node answers with an error"))
            detail = f": {brief(error.message)}" if error.message else ""
            return ReadFailure(what, reason, message + detail, seconds=perf_counter() - start)
        except TimeoutError:
            message = f"no answer within {CALL_SECONDS:g} s"
            return ReadFailure(what, Reason.TIMEOUT, message, seconds=perf_counter() - start)
        except (StreamTerminatedError, ProtocolError, OSError):
            message = (
                "the node closed the connection: it refuses the client certificate of the talosconfig, "
                "or its Talos API has just ended"
            )
            return ReadFailure(what, Reason.UNAUTHORIZED, message, seconds=perf_counter() - start)
        except _UNDECODABLE as error:
            message = f"the node's answer cannot be decoded: {brief(str(error))}"
            return ReadFailure(what, Reason.UNDECODABLE, message, seconds=perf_counter() - start)
        return Read(value, perf_counter() - start)


@dataclass(frozen=True)
class _Connection:
    """An open connection; `expires` is when the certificate of the other side does."""

    channel: Channel
    peer: "Peer"
    expires: datetime | None


class Connections:
    """Connections that are each made once, because an endpoint leads to many nodes."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._made: dict[tuple[str, int], _Connection | ReadFailure] = {}
        self._locks: dict[tuple[str, int], anyio.Lock] = {}

    async def node(self, route: Route) -> GrpcNode | ReadFailure:
        """Return a node over a route, or why the connection failed."""
        place = route.host, route.port
        async with self._locks.setdefault(place, anyio.Lock()):
            if place not in self._made:
                self._made[place] = await _connect(*place, self._tls)
        made = self._made[place]
        if isinstance(made, ReadFailure):
            return replace(made, what=f"connect to the Talos API of {route}")
        return GrpcNode(made.channel, route, None if route.behind else made.expires)

    def close(self) -> None:
        """Close all connections."""
        for made in self._made.values():
            if isinstance(made, _Connection):
                made.channel.close()
                # Closing TLS waits for the node, which may have gone.
                made.peer._transport.abort()


@contextmanager
def connections(tls: ssl.SSLContext) -> Iterator[Connections]:
    """Yield connections, which are closed in the end."""
    made = Connections(tls)
    try:
        yield made
    finally:
        made.close()


async def _connect(host: str, port: int, tls: ssl.SSLContext) -> _Connection | ReadFailure:
    # A codec that is named leaves out the details of google.rpc.Status, whose types Pulumi brings in another file.
    channel, start = Channel(host, port, ssl=tls, codec=ProtoCodec()), perf_counter()
    try:
        with anyio.fail_after(CONNECT_SECONDS):
            peer = (await channel.__connect__()).connection.get_peer()
        return _Connection(channel, peer, peer_expiry(peer.cert()))
    except TimeoutError:
        reason, message = Reason.TIMEOUT, f"no connection within {CONNECT_SECONDS:g} s"
    except ssl.SSLError as error:
        reason, message = await refusal(host, port, error)
    except OSError as error:
        # The texts of asyncio's own errors are not for people.
        detail = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error) or type(error).__name__
        reason, message = Reason.UNREACHABLE, f"the node is unreachable: {detail}"
    channel.close()
    return ReadFailure("connect to the Talos API", reason, message, seconds=perf_counter() - start)
