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
from checks.parts import api_server, discovery, dns, health, metrics, network, objects, rights, secrets, usage
from checks.parts.api_server import ApiServer
from checks.parts.discovery import Discovery
from checks.parts.dns import Dns
from checks.parts.health import Health
from checks.parts.listing import Listing, PerNamespace, everywhere
from checks.parts.metrics import Metrics
from checks.parts.network import Network
from checks.parts.objects import Objects
from checks.parts.probe_job import LABEL
from checks.parts.rights import Rights
from checks.parts.secrets import Secrets
from checks.parts.usage import Usage
from checks.patience import patiently
from stacks import names
from stacks.model import Declaration
from stacks.server import Server

T = TypeVar("T")
NODES = Kind("api/v1", "nodes", k8s.Node)
PODS = Kind("api/v1", "pods", k8s.Pod)
CONFIG_MAPS = Kind("api/v1", "configmaps", k8s.ConfigMap)
EVENTS = Kind("api/v1", "events", k8s.Event)

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
    rights: Rights
    declaration: Reading[k8s.ConfigMap | None]
    objects: Objects
    network: Network
    secrets: Secrets
    pods: PerNamespace[k8s.Pod] = field(default_factory=dict)
    warnings: PerNamespace[k8s.Event] = field(default_factory=dict)
    mcp: Mapping[str, Answer | Unread] = field(default_factory=dict)
    health: Health = field(kw_only=True)
    discovery: Discovery = field(kw_only=True)
    metrics: Metrics | None = field(kw_only=True)
    usage: Usage = field(kw_only=True)

    def has_namespace(self, name: str) -> bool:
        """Tell whether the namespace exists, as far as is known: of a missing one nothing else need be missed."""
        namespaces = self.objects.of("Namespace")
        return isinstance(namespaces, Unread) or name in namespaces.value


async def take(declaration: Declaration, access: Access) -> Snapshot:
    """Read everything that the judges need; what cannot be read is an Unread in its place."""
    async with access.client() as client:
        api = Api(client)
        version = await api.version()
        if isinstance(version, Unread) and version.reason in HOPELESS:
            return nothing(declaration, version)
        return await _all(declaration, access, api, version)


def nothing(declaration: Declaration, why: Unread) -> Snapshot:
    """Give the snapshot of a cluster of which nothing can be read."""
    each = dict.fromkeys(declaration.namespaces, why)
    return Snapshot(
        version=why,
        api_server=api_server.unread(declaration, why),
        nodes=why,
        dns=dns.unread(declaration, why),
        rights=rights.unread(declaration, why),
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
        usage=usage.unread(declaration, why),
    )


async def _all(declaration: Declaration, access: Access, api: Api, version: Reading[k8s.Version]) -> Snapshot:
    spaces = list(declaration.namespaces)
    # Alone: it measures how fast the API server answers.
    measured = await api_server.read(declaration, access, api)
    async with anyio.create_task_group() as group:

        def later(read: Callable[[], Awaitable[T]]) -> _Later[T]:
            slot = _Later(read)
            group.start_soon(slot.run)
            return slot

        asked: dict[str, _Later[Answer | Unread]] = {
            kind: later(partial(_ask, access, kind, server)) for kind, server in declaration.servers.items()
        }
        nodes = later(partial(api.list, NODES))
        names_asked = later(partial(dns.read, declaration, access, api))
        granted = later(partial(rights.read, declaration, access, api))
        deployed = later(partial(api.get, CONFIG_MAPS, names.SYSTEM_NAMESPACE, names.DECLARATION_CONFIG_MAP))
        tried = later(partial(network.read, declaration, access, api))
        secret = later(partial(secrets.read, declaration, access, api))
        live = later(partial(objects.read, declaration, api))
        fared = later(partial(health.read, declaration, access, api))
        strangers = later(partial(discovery.read, declaration, access, api))
        told = later(partial(metrics.read, declaration, access, api))
        used = later(partial(usage.read, declaration, access, api))
        # Probe pods of this and other verifications carry clients' labels, and are no part of the stack.
        pods = later(partial(everywhere, api, PODS, spaces, _namespace, labels=f"!{LABEL}"))
        warnings = later(partial(everywhere, api, EVENTS, spaces, _namespace, fields="type=Warning"))
    return Snapshot(
        version=version,
        api_server=measured,
        nodes=nodes.value,
        dns=names_asked.value,
        rights=granted.value,
        declaration=deployed.value,
        objects=live.value,
        network=tried.value,
        secrets=secret.value,
        pods=pods.value,
        warnings=warnings.value,
        mcp=_values(asked),
        health=fared.value,
        discovery=strangers.value,
        metrics=told.value,
        usage=used.value,
    )


def _namespace(item: k8s.Pod | k8s.Event) -> str:
    return item.metadata.namespace


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
