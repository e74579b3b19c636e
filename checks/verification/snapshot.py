"""One look at the cluster: each kind listed once per namespace, every MCP server asked, all at the same time."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import anyio

from checks.connection import collect_api_server as api_server
from checks.connection import collect_dns as dns
from checks.connection.collect_api_server import ApiServer
from checks.connection.collect_dns import Dns
from checks.drift import live_objects as objects
from checks.drift.live_objects import Objects
from checks.health import collect as health
from checks.health.collect import Health
from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind, ReadFailure, Reading
from checks.kube.connection import Connection
from checks.kube.endpoint import endpoint
from checks.kube.listing import Listing, PerNamespace, everywhere
from checks.kube.retry import patiently
from checks.mcp.answer import Answer, Outcome
from checks.mcp.quick import probe
from checks.metrics import collect as metrics
from checks.metrics.collect import Metrics
from checks.network import collect as network
from checks.network.collect import Network
from checks.network.probe_job import LABEL
from checks.objects import collect as unmanaged
from checks.objects.collect import Unmanaged
from checks.rbac import collect as access
from checks.rbac.collect import Access
from checks.results.result import EVERYTHING, Reason, Ref, Selection
from checks.secrets import collect as secrets
from checks.secrets.collect import Secrets
from checks.servers import collect as discovery
from checks.servers.collect import Discovery
from checks.usage import collect as usage
from checks.usage.collect import Usage
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.server import Server

NODES = Kind("api/v1", "nodes", k8s.Node)
PODS = Kind("api/v1", "pods", k8s.Pod)
CONFIG_MAPS = Kind("api/v1", "configmaps", k8s.ConfigMap)
EVENTS = Kind("api/v1", "events", k8s.Event)

Reader = Callable[[], Awaitable[object]]

ROWS: Mapping[str, frozenset[str]] = {
    "nodes": frozenset({"connection", "metrics", "network"}),
    "dns": frozenset({"connection"}),
    "rights": frozenset({"rbac"}),
    "declaration": frozenset({"declaration"}),
    "network": frozenset({"network"}),
    "secrets": frozenset({"secrets", "config"}),
    "pods": frozenset({"servers", "health", "mcp", "metrics", "network"}),
    "warnings": frozenset({"health"}),
    "mcp": frozenset({"health", "mcp", "network"}),
    "health": frozenset({"health"}),
    "discovery": frozenset({"servers"}),
    "metrics": frozenset({"metrics"}),
    "strays": frozenset({"objects"}),
    "usage": frozenset({"usage"}),
}
"""Part → the rows that look at it. A part that is not named here is looked at by nearly all."""
UNWANTED = ReadFailure("read it", Reason.FAILED, "it was not read, as no wanted row looks at it")
"""Stands in the place of parts that nobody wanted. A row that looks at one all the same is no false green."""
HOPELESS = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT, Reason.UNAUTHORIZED, Reason.UNDECODABLE, Reason.FAILED})
"""When the version cannot be read for one of these, nothing else can either."""


@dataclass(frozen=True)
class Snapshot:
    """What the cluster is. A reading is what was read, or an Unread that says why not.

    `mcp` is keyed by server, `pods` and `warnings` by namespace.
    """

    version: Reading[k8s.Version]
    api_server: ApiServer
    nodes: Listing[k8s.Node]
    dns: Dns
    access: Access
    declaration: Reading[k8s.ConfigMap | None]
    objects: Objects
    network: Network
    secrets: Secrets
    pods: PerNamespace[k8s.Pod] = field(default_factory=dict)
    warnings: PerNamespace[k8s.Event] = field(default_factory=dict)
    mcp: Mapping[str, Answer | ReadFailure] = field(default_factory=dict)
    health: Health = field(kw_only=True)
    discovery: Discovery = field(kw_only=True)
    metrics: Metrics | None = field(kw_only=True)
    unmanaged: Unmanaged = field(kw_only=True)
    usage: Usage = field(kw_only=True)
    pending_deletion: tuple[Ref, ...] = ()
    """Undeclared objects that the deployment under way is still to delete; they are in no other part."""

    def has_namespace(self, name: str) -> bool:
        """Tell whether the namespace exists, as far as is known: of a missing one nothing else need be missed."""
        namespaces = self.objects.of("Namespace")
        return isinstance(namespaces, ReadFailure) or name in namespaces.value


async def take(declaration: Declaration, connection: Connection, selection: Selection = EVERYTHING) -> Snapshot:
    """Read what the judges of the selected rows need; what cannot be read is an Unread in its place."""
    async with connection.client() as client:
        api = ApiClient(client)
        version = await api.version()
        if isinstance(version, ReadFailure) and version.reason in HOPELESS:
            return nothing(declaration, version)
        parts: dict[str, Any] = {"version": version}
        if selection.has_check("connection"):
            # Alone: it measures how fast the API server answers.
            parts["api_server"] = await api_server.read(declaration, connection, api)

        def wanted(part: str) -> bool:
            return part not in ROWS or any(map(selection.has_check, ROWS[part]))

        async def read(part: str, reader: Reader) -> None:
            parts[part] = await reader()

        async def read_first() -> None:
            parts["nodes"] = await api.list(NODES)
            if wanted("network"):
                parts["network"] = await network.read(declaration, connection, api, parts["nodes"])

        async with anyio.create_task_group() as group:
            if wanted("nodes"):
                # Probe pods take longer to start than all the others take to read.
                group.start_soon(read_first)
            for part, reader in _readers(declaration, connection, api).items():
                if wanted(part):
                    group.start_soon(read, part, reader)
    return replace(nothing(declaration, UNWANTED), **parts)


def nothing(declaration: Declaration, why: ReadFailure) -> Snapshot:
    """Give the snapshot of a cluster of which nothing can be read."""
    each = dict.fromkeys(declaration.namespaces, why)
    return Snapshot(
        version=why,
        api_server=api_server.unread(declaration, why),
        nodes=why,
        dns=dns.unread(declaration, why),
        access=access.unread(declaration, why),
        declaration=why,
        objects=objects.unread(declaration, why),
        network=network.unread(declaration, why),
        secrets=secrets.unread(declaration, why),
        pods=each,
        warnings=each,
        mcp=dict.fromkeys(declaration.servers, why),
        health=health.unread(declaration, why),
        discovery=discovery.unread(declaration, why),
        metrics=metrics.unread(declaration, why),
        unmanaged=unmanaged.unread(declaration, why),
        usage=usage.unread(declaration, why),
    )


def _readers(declaration: Declaration, connection: Connection, api: ApiClient) -> Mapping[str, Reader]:
    """Give what reads each part of a snapshot but those that take does itself."""
    spaces = list(declaration.namespaces)
    deployed = names.SYSTEM_NAMESPACE, names.DECLARATION_CONFIG_MAP
    return {
        "dns": partial(dns.read, declaration, connection, api),
        "rights": partial(access.read, declaration, connection, api),
        "declaration": partial(api.get, CONFIG_MAPS, *deployed),
        "objects": partial(objects.read, declaration, api),
        "secrets": partial(secrets.read, declaration, connection, api),
        # Probe pods of this and other verifications carry clients' labels, and are no part of the stack.
        "pods": partial(everywhere, api, PODS, spaces, _namespace, labels=f"!{LABEL}"),
        "warnings": partial(everywhere, api, EVENTS, spaces, _namespace, fields="type=Warning"),
        "mcp": partial(_ask, declaration, connection),
        "health": partial(health.read, declaration, connection, api),
        "discovery": partial(discovery.read, declaration, connection, api),
        "metrics": partial(metrics.read, declaration, connection, api),
        "strays": partial(unmanaged.read, declaration, connection, api),
        "usage": partial(usage.read, declaration, connection, api),
    }


def _namespace(item: k8s.Pod | k8s.Event) -> str:
    return item.metadata.namespace


async def _ask(declaration: Declaration, connection: Connection) -> Mapping[str, Answer]:
    """Ask every MCP server, at the same time."""
    answers: dict[str, Answer] = {}
    if not declaration.servers:
        return answers

    async def one(kind: str, server: Server) -> None:
        way, path = endpoint(connection, kind, server)
        ask = partial(probe, way, path, server.smoke)
        answers[kind] = await (patiently(ask, _answered) if connection.inside else ask())

    async with anyio.create_task_group() as group:
        for kind, server in declaration.servers.items():
            group.start_soon(one, kind, server)
    return answers


def _answered(answer: Answer) -> bool:
    return answer.outcome not in (Outcome.UNREACHABLE, Outcome.TIMEOUT)
