"""One look at the cluster: each kind listed once per namespace, every MCP server asked, all at the same time."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

import anyio

from checks import objects as k8s
from checks.access import Access
from checks.api import Api, Kind, Reading, Unread
from checks.endpoint import endpoint
from checks.findings import Reason
from checks.mcp_probe import Answer, Outcome, probe
from checks.parts import metrics, usage
from checks.patience import patiently
from stacks import names
from stacks.model import Declaration
from stacks.server import Server

T = TypeVar("T")
Listing = Reading[tuple[T, ...]]
PerNamespace = Mapping[str, Listing[T]]

NODES = Kind("api/v1", "nodes", k8s.Node)
NAMESPACES = Kind("api/v1", "namespaces", k8s.Namespace)
PODS = Kind("api/v1", "pods", k8s.Pod)
SERVICES = Kind("api/v1", "services", k8s.Service)
CONFIG_MAPS = Kind("api/v1", "configmaps", k8s.ConfigMap)
QUOTAS = Kind("api/v1", "resourcequotas", k8s.Quota)
LIMITS = Kind("api/v1", "limitranges", k8s.LimitRange)
EVENTS = Kind("api/v1", "events", k8s.Event)
DEPLOYMENTS = Kind("apis/apps/v1", "deployments", k8s.Deployment)

DNS_NAMESPACE = "kube-system"
DNS_LABELS = "k8s-app=kube-dns"

_HOPELESS = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT, Reason.UNAUTHORIZED, Reason.UNDECODABLE, Reason.FAILED})
"""When the version cannot be read for one of these, nothing else can either."""


@dataclass(frozen=True)
class Snapshot:
    """What the cluster is. A reading is what was read, or an Unread that says why not.

    `mcp` is keyed by server, the other maps by namespace.
    """

    version: Reading[k8s.Version]
    nodes: Listing[k8s.Node]
    dns: Listing[k8s.Pod]
    namespaces: Listing[k8s.Namespace]
    declaration: Reading[k8s.ConfigMap | None]
    metrics: metrics.Metrics | None
    usage: usage.Usage
    quotas: PerNamespace[k8s.Quota] = field(default_factory=dict)
    limits: PerNamespace[k8s.LimitRange] = field(default_factory=dict)
    deployments: PerNamespace[k8s.Deployment] = field(default_factory=dict)
    pods: PerNamespace[k8s.Pod] = field(default_factory=dict)
    services: PerNamespace[k8s.Service] = field(default_factory=dict)
    warnings: PerNamespace[k8s.Event] = field(default_factory=dict)
    mcp: Mapping[str, Answer | Unread] = field(default_factory=dict)

    def has_namespace(self, name: str) -> bool:
        """Tell whether the namespace exists, as far as is known: of a missing one nothing else need be missed."""
        if isinstance(self.namespaces, Unread):
            return True
        return any(namespace.metadata.name == name for namespace in self.namespaces.value)


async def take(declaration: Declaration, access: Access) -> Snapshot:
    """Read everything that the judges need; what cannot be read is an Unread in its place."""
    async with access.client() as client:
        api = Api(client)
        version = await api.version()
        if isinstance(version, Unread) and version.reason in _HOPELESS:
            return nothing(declaration, version)
        return await _all(declaration, access, api, version)


def nothing(declaration: Declaration, why: Unread) -> Snapshot:
    """Give the snapshot of a cluster of which nothing can be read."""
    each = dict.fromkeys(declaration.namespaces, why)
    return Snapshot(
        version=why,
        nodes=why,
        dns=why,
        namespaces=why,
        declaration=why,
        metrics=metrics.unread(declaration, why),
        usage=usage.unread(declaration, why),
        quotas=each,
        limits=each,
        deployments=each,
        pods=each,
        services=each,
        warnings=each,
        mcp=dict.fromkeys(declaration.servers, why),
    )


async def _all(declaration: Declaration, access: Access, api: Api, version: Reading[k8s.Version]) -> Snapshot:
    spaces = list(declaration.namespaces)
    async with anyio.create_task_group() as group:

        def later(read: Callable[[], Awaitable[T]]) -> _Later[T]:
            slot = _Later(read)
            group.start_soon(slot.run)
            return slot

        def every(kind: Kind[T], fields: str = "") -> dict[str, _Later[Listing[T]]]:
            return {space: later(partial(api.list, kind, space, fields=fields)) for space in spaces}

        asked: dict[str, _Later[Answer | Unread]] = {
            kind: later(partial(_ask, access, kind, server)) for kind, server in declaration.servers.items()
        }
        nodes, namespaces = later(partial(api.list, NODES)), later(partial(api.list, NAMESPACES))
        dns = later(partial(api.list, PODS, DNS_NAMESPACE, labels=DNS_LABELS))
        deployed = later(partial(api.get, CONFIG_MAPS, names.SYSTEM_NAMESPACE, names.DECLARATION_CONFIG_MAP))
        told = later(partial(metrics.read, declaration, access, api))
        used = later(partial(usage.read, declaration, access, api))
        quotas, limits, deployments = every(QUOTAS), every(LIMITS), every(DEPLOYMENTS)
        pods, services, warnings = every(PODS), every(SERVICES), every(EVENTS, "type=Warning")
    return Snapshot(
        version=version,
        nodes=nodes.value,
        dns=dns.value,
        namespaces=namespaces.value,
        declaration=deployed.value,
        metrics=told.value,
        usage=used.value,
        quotas=_values(quotas),
        limits=_values(limits),
        deployments=_values(deployments),
        pods=_values(pods),
        services=_values(services),
        warnings=_values(warnings),
        mcp=_values(asked),
    )


async def _ask(access: Access, kind: str, server: Server) -> Answer:
    way, path = endpoint(access, kind, server)
    ask = partial(probe, way, path, server.smoke)
    return await (patiently(ask, _answered) if access.inside else ask())


def _answered(answer: Answer) -> bool:
    return answer.outcome not in (Outcome.UNREACHABLE, Outcome.TIMEOUT)


class _Later(Generic[T]):
    """A read that runs in a task group; its value is there when the group has ended."""

    value: T

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read

    async def run(self) -> None:
        self.value = await self._read()


def _values(slots: Mapping[str, _Later[T]]) -> dict[str, T]:
    return {key: slot.value for key, slot in slots.items()}
