"""Simulated Talos nodes: gRPC servers made from the bindings' own service classes, with mutual TLS, state and faults.

A cluster of them runs in a thread of its own, so that commands in this process and in others can ask it.
"""

import io
import socket
import ssl
import tarfile
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import betterproto.lib.google.protobuf
from anyio.from_thread import BlockingPortal, start_blocking_portal
from grpclib import GRPCError
from grpclib.const import Status
from grpclib.encoding.proto import ProtoCodec
from grpclib.events import RecvRequest, listen
from grpclib.server import Server
from talos_linux_api.v1_6_0 import common, machine, time

from tests.checks.talos.certificates import Authority
from tests.checks.talos.simulated_resources import State

# The bindings use this name without importing it.
time.betterproto_lib_google_protobuf = betterproto.lib.google.protobuf

GIB = 1024**3
_addressed: "ContextVar[Node | None]" = ContextVar("addressed", default=None)
WORKER_SERVICES = ("machined", "apid", "containerd", "cri", "kubelet")
SERVICES = (*WORKER_SERVICES, "etcd", "trustd")


@dataclass
class Node:
    """A node's state, free to be changed while it runs."""

    name: str
    address: str
    control_plane: bool = True
    version: str = "v1.6.7"
    services: dict[str, tuple[str, bool | None, str]] = field(default_factory=dict)
    """Name → state, health (None: unknown) and message."""
    members: list[str] = field(default_factory=list)
    """The addresses of the etcd members that it knows."""
    leader: str = ""
    alarms: list[tuple[str, int]] = field(default_factory=list)
    """Address of the member, and the kind of the alarm: 1 NOSPACE, 2 CORRUPT."""
    errors: list[str] = field(default_factory=list)
    ahead: float = 0.0
    memory: int = 4 * GIB
    disk: int = 20 * GIB
    kubeconfig: bytes = b""
    extensions: tuple[str, ...] = ()
    diagnostics: dict[str, tuple[str, list[str]]] | None = field(default_factory=dict)
    """Id → message and details; None as before Talos 1.8, which has no diagnostics."""
    garbage: bytes = b""
    """What resources have instead of their content."""
    lives: timedelta = timedelta(days=365)
    """How long its certificate is valid."""
    delay: float = 0.0
    hang: bool = False
    hangs: str = ""
    """A method that is never answered."""
    refused: dict[str, Status] = field(default_factory=dict)
    """Method → gRPC status of the answer."""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = SERVICES if self.control_plane else WORKER_SERVICES
        self.services = self.services or dict.fromkeys(names, ("Running", True, ""))


def member(address: str) -> int:
    """Give the id of the etcd member of an address."""
    return 2**60 + int(address.rpartition(".")[2])


class Machine(machine.MachineServiceBase):  # type: ignore[misc]
    """The machine service of a node, and of the nodes that it passes requests on to."""

    def __init__(self, cluster: "SimulatedCluster", of: Node) -> None:
        self._cluster, self._of = cluster, of

    def node(self) -> Node:
        return self._cluster.addressed(self._of)

    async def version(self, request: Any) -> machine.VersionResponse:
        info = machine.VersionInfo(tag=self.node().version)
        return machine.VersionResponse([machine.Version(version=info)])

    async def service_list(self, request: Any) -> machine.ServiceListResponse:
        told = [
            machine.ServiceInfo(
                id=name,
                state=state,
                health=machine.ServiceHealth(unknown=healthy is None, healthy=bool(healthy), last_message=message),
            )
            for name, (state, healthy, message) in self.node().services.items()
        ]
        return machine.ServiceListResponse([machine.ServiceList(services=told)])

    async def memory(self, request: Any) -> machine.MemoryResponse:
        return machine.MemoryResponse([machine.Memory(meminfo=machine.MemInfo(memtotal=self.node().memory // 1024))])

    async def mounts(self, request: Any) -> machine.MountsResponse:
        disk = self.node().disk
        mounted = machine.MountStat(filesystem="/dev/vda6", size=disk, available=disk // 2, mounted_on="/var")
        return machine.MountsResponse([machine.Mounts(stats=[mounted])])

    async def etcd_member_list(self, request: Any) -> machine.EtcdMemberListResponse:
        told = [
            machine.EtcdMember(
                id=member(address),
                hostname=self._cluster.nodes[address].name if address in self._cluster.nodes else address,
                peer_urls=[f"https://{address}:2380"],
                client_urls=[f"https://{address}:2379"],
            )
            for address in self.node().members
        ]
        return machine.EtcdMemberListResponse([machine.EtcdMembers(members=told)])

    async def etcd_status(self, request: Any) -> machine.EtcdStatusResponse:
        node = self.node()
        status = machine.EtcdMemberStatus(
            member_id=member(node.address),
            leader=member(node.leader) if node.leader else 0,
            db_size=64 * 1024**2,
            db_size_in_use=32 * 1024**2,
            errors=node.errors,
        )
        return machine.EtcdStatusResponse([machine.EtcdStatus(member_status=status)])

    async def etcd_alarm_list(self, request: Any) -> machine.EtcdAlarmListResponse:
        told = [
            machine.EtcdMemberAlarm(member_id=member(address), alarm=machine.EtcdMemberAlarmAlarmType(kind))
            for address, kind in self.node().alarms
        ]
        return machine.EtcdAlarmListResponse([machine.EtcdAlarm(member_alarms=told)])

    async def kubeconfig(self, request: Any) -> AsyncIterator[common.Data]:
        content, archive = self.node().kubeconfig, io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as opened:
            entry = tarfile.TarInfo("kubeconfig")
            entry.size = len(content)
            opened.addfile(entry, io.BytesIO(content))
        whole = archive.getvalue()
        for start in range(0, len(whole), 512):
            yield common.Data(bytes=whole[start : start + 512])


class Clock(time.TimeServiceBase):  # type: ignore[misc]
    """The time service of a node."""

    def __init__(self, cluster: "SimulatedCluster", of: Node) -> None:
        self._cluster, self._of = cluster, of

    async def time(self, request: Any) -> time.TimeResponse:
        now = datetime.now(UTC)
        ahead = timedelta(seconds=self._cluster.addressed(self._of).ahead)
        return time.TimeResponse([time.Time(server="time.test", localtime=now + ahead, remotetime=now)])


class SimulatedCluster:
    """Nodes on loopback addresses with one port, and the CA of their certificates."""

    def __init__(self, portal: BlockingPortal, port: int) -> None:
        self.authority, self.nodes, self.port = Authority(), dict[str, Node](), port
        self._portal, self._servers = portal, dict[str, Server]()

    def add(self, *nodes: Node) -> None:
        """Start nodes; the control-plane nodes are members of etcd, and the first one leads."""
        self.nodes |= {node.address: node for node in nodes}
        members = [node.address for node in self.nodes.values() if node.control_plane]
        for node in self.nodes.values():
            node.members, node.leader = (list(members), members[0]) if node.control_plane else ([], "")
        for node in nodes:
            self.start(node.address)

    def start(self, address: str) -> None:
        """Start a node."""
        self._portal.call(self._start, self.nodes[address])

    def stop(self, address: str) -> None:
        """Stop a node: its port refuses connections."""
        self._portal.call(self._stop, address)

    def stop_all(self) -> None:
        for address in list(self._servers):
            self.stop(address)

    def talosconfig(self, **changes: Any) -> str:
        """Give a talosconfig whose endpoints are the control-plane nodes."""
        endpoints = [node.address for node in self.nodes.values() if node.control_plane]
        return self.authority.talosconfig(**{"endpoints": endpoints, **changes})

    def addressed(self, of: Node) -> Node:
        """Give the node that the current request is for: an endpoint passes on what names another node."""
        return _addressed.get() or of

    def _server(self, node: Node, machine_service: Machine) -> Server:
        """Make the server of a node, with all of its services."""
        state = State(lambda: self.addressed(node))
        server = Server([machine_service, Clock(self, node), state], codec=ProtoCodec())
        listen(server, RecvRequest, self._receive(node))
        return server

    async def _start(self, node: Node) -> None:
        server = self._server(node, Machine(self, node))
        await server.start(node.address, self.port, ssl=self._tls(node))
        self._servers[node.address] = server

    async def _stop(self, address: str) -> None:
        server = self._servers.pop(address)
        server.close()
        await server.wait_closed()

    def _receive(self, of: Node) -> Callable[[RecvRequest], Coroutine[Any, Any, None]]:
        async def receive(event: RecvRequest) -> None:
            answer, method = event.method_func, event.method_name.rpartition("/")[2]

            async def misbehave(stream: Any) -> None:
                address = str(event.metadata.get("node") or of.address)
                node = self.nodes[address]
                if address != of.address and address not in self._servers:
                    raise GRPCError(Status.UNAVAILABLE, f"dial tcp {address}:{self.port}: connect: connection refused")
                node.asked.append(method)
                if node.hang or node.hangs == method:
                    await anyio.sleep_forever()
                await anyio.sleep(node.delay)
                if method in node.refused:
                    raise GRPCError(node.refused[method], "refused by the test")
                _addressed.set(node)
                await answer(stream)

            event.method_func = misbehave

        return receive

    def _tls(self, node: Node) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["h2"])
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self.authority.pem.decode())
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(self.authority.server(node.address, node.lives))
            context.load_cert_chain(file.name)
        return context


@contextmanager
def simulated(*nodes: Node) -> Iterator[SimulatedCluster]:
    """Run a cluster of nodes, all on one port, which is kept on 127.0.0.1 from clusters of other tests."""
    with socket.socket() as kept, start_blocking_portal() as portal:
        kept.bind(("127.0.0.1", 0))
        cluster = SimulatedCluster(portal, kept.getsockname()[1])
        try:
            cluster.add(*nodes)
            yield cluster
        finally:
            cluster.stop_all()


def control_planes(count: int = 3) -> list[Node]:
    """Give control-plane nodes on 127.0.0.11 and so on."""
    return [Node(f"cp-{n}", f"127.0.0.{10 + n}") for n in range(1, count + 1)]


def workers(count: int = 1) -> list[Node]:
    """Give workers on 127.0.0.21 and so on."""
    return [Node(f"worker-{n}", f"127.0.0.{20 + n}", control_plane=False) for n in range(1, count + 1)]
