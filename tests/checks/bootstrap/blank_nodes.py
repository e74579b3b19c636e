"""Simulated nodes that begin in maintenance mode: they generate and take a configuration, restart, and bootstrap etcd.

A node answers as soon as its virtual machine runs in the fake Proxmox.
"""

import asyncio
import base64
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from anyio.from_thread import start_blocking_portal
from grpclib import GRPCError
from grpclib.const import Status
from talos_linux_api.v1_6_0 import machine

from tests.checks.talos.certificates import Authority
from tests.checks.talos.simulated_node import Machine, Node, SimulatedCluster

WAITING = {"etcd": ("Preparing", None, "Running pre state")}


@dataclass
class BlankNode(Node):
    """A node that has no configuration yet."""

    configured: bool = False
    configuration: bytes = field(default=b"", repr=False)
    has_etcd: bool = False
    not_yet: int = 0
    """How often it refuses to bootstrap etcd first."""
    bootstraps: int = 0
    """How often etcd was bootstrapped on it."""
    applications: int = 0
    """How often it took a configuration."""
    generates: bool = True
    on: bool = False
    restart: "asyncio.Future[None] | None" = None


class BlankMachine(Machine):
    """The machine service of a node in either mode."""

    _cluster: "BlankCluster"
    _of: BlankNode

    async def version(self, request: Any) -> machine.VersionResponse:
        if not self._of.configured:
            raise GRPCError(Status.UNIMPLEMENTED, "API is not implemented in maintenance mode")
        return await super().version(request)

    async def generate_configuration(
        self, request: machine.GenerateConfigurationRequest
    ) -> machine.GenerateConfigurationResponse:
        worker = request.machine_config.type is machine.MachineConfigMachineType.TYPE_WORKER
        if not self._of.generates:
            raise GRPCError(Status.UNIMPLEMENTED, "unknown method GenerateConfiguration")
        if worker and not self._of.configured:
            raise GRPCError(Status.UNKNOWN, "join config cannot be generated in the maintenance mode")
        made = self._cluster.configuration("worker" if worker else "controlplane", request.cluster_config.name)
        talosconfig = self._cluster.talosconfig().encode()
        told = machine.GenerateConfiguration(data=[made.encode()], talosconfig=talosconfig)
        return machine.GenerateConfigurationResponse([told])

    async def apply_configuration(
        self, request: machine.ApplyConfigurationRequest
    ) -> machine.ApplyConfigurationResponse:
        self._of.applications += 1
        self._cluster.configure(self._of, request.data)
        return machine.ApplyConfigurationResponse([machine.ApplyConfiguration()])

    async def bootstrap(self, request: machine.BootstrapRequest) -> machine.BootstrapResponse:
        if self._of.not_yet:
            self._of.not_yet -= 1
            raise GRPCError(Status.FAILED_PRECONDITION, "bootstrap is not available yet")
        if self._of.has_etcd:
            raise GRPCError(Status.ALREADY_EXISTS, "etcd data directory is not empty")
        self._of.bootstraps += 1
        self._cluster.bootstrapped()
        return machine.BootstrapResponse([machine.Bootstrap()])

    async def etcd_member_list(self, request: Any) -> machine.EtcdMemberListResponse:
        if not self._of.has_etcd:
            raise GRPCError(Status.UNAVAILABLE, "etcd is not running")
        return await super().etcd_member_list(request)


class BlankCluster(SimulatedCluster):
    """Nodes without a configuration; `on_bootstrap` makes the control plane of Kubernetes answer."""

    on_bootstrap: Callable[[], None] | None = None

    def configuration(self, kind: str, name: str) -> str:
        """Give a machine configuration with the CA of this cluster."""
        authority = base64.b64encode(self.authority.pem).decode()
        made = {"type": kind, "token": "very-secret-token", "ca": {"crt": authority}}
        return yaml.safe_dump({"version": "v1alpha1", "machine": made, "cluster": {"clusterName": name}})

    def configure(self, node: BlankNode, configuration: bytes) -> None:
        """Take a configuration, and restart with the certificates of the cluster soon after the answer."""
        document = yaml.safe_load(configuration)
        assert base64.b64decode(document["machine"]["ca"]["crt"]) == self.authority.pem
        assert document["machine"]["network"]["hostname"] == node.name
        assert document["machine"]["type"] == ("controlplane" if node.control_plane else "worker")
        node.configuration = configuration
        # The answer is sent first.
        asyncio.get_running_loop().call_later(0.05, self._begin_restart, node)

    def _begin_restart(self, node: BlankNode) -> None:
        node.restart = asyncio.ensure_future(self._restart(node))

    async def _restart(self, node: BlankNode) -> None:
        await self._stop(node.address)
        node.configured = True
        if node.control_plane:
            joins = any(one.has_etcd for one in self.blank())
            node.has_etcd, node.services = joins, {**node.services, **({} if joins else WAITING)}
        await self._start(node)

    def bootstrapped(self) -> None:
        """Let every configured control-plane node become a member of etcd."""
        for node in self.blank():
            if node.control_plane and node.configured:
                node.has_etcd = True
                node.services["etcd"] = ("Running", True, "")
        if self.on_bootstrap:
            self.on_bootstrap()

    def blank(self) -> list[BlankNode]:
        return [node for node in self.nodes.values() if isinstance(node, BlankNode)]

    async def _start(self, node: Node) -> None:
        assert isinstance(node, BlankNode)
        server = self._server(node, BlankMachine(self, node))
        tls = self._tls(node) if node.configured else _self_signed(node)
        await server.start(node.address, self.port, ssl=tls)
        self._servers[node.address] = server

    def plan(self, *nodes: Node) -> None:
        """Know nodes, without starting them."""
        self.nodes |= {node.address: node for node in nodes}
        members = [node.address for node in self.nodes.values() if node.control_plane]
        for node in self.nodes.values():
            node.members, node.leader = (list(members), members[0]) if node.control_plane else ([], "")

    def starts(self, name: str) -> None:
        """Start the node of a virtual machine that runs now."""
        node = next((one for one in self.nodes.values() if one.name == name), None)
        if isinstance(node, BlankNode) and not node.on:
            node.on = True
            self.start(node.address)


def _self_signed(node: Node) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(Authority().server(node.address))
        context.load_cert_chain(file.name)
    return context


@contextmanager
def blank(*nodes: BlankNode) -> Iterator[BlankCluster]:
    """Run a cluster of nodes that are switched off."""
    with socket.socket() as kept, start_blocking_portal() as portal:
        kept.bind(("127.0.0.1", 0))
        cluster = BlankCluster(portal, kept.getsockname()[1])
        try:
            cluster.plan(*nodes)
            yield cluster
        finally:
            cluster.stop_all()


def blank_nodes(control_planes: int = 3, workers: int = 1) -> list[BlankNode]:
    """Give nodes on 127.0.0.31 and so on."""
    planes = [BlankNode(f"cp-{n}", f"127.0.0.{30 + n}") for n in range(1, control_planes + 1)]
    others = [BlankNode(f"worker-{n}", f"127.0.0.{40 + n}", control_plane=False) for n in range(1, workers + 1)]
    return planes + others
