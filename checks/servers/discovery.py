"""Find the MCP servers that run in the cluster, by their labels and annotations, not by the declaration."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from checks.errors import UncheckedError
from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind
from checks.kube.connection import Connection
from checks.kube.listing import listed, one_by_one
from checks.kube.reading import ReadFailure, Reading, Reason
from checks.kube.resources import PODS
from checks.servers.collect import MCP_SERVERS
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.followed import Followed

SERVICES = Kind("api/v1", "services", k8s.Service)
UNKNOWN = "unknown"
"""The type or version of a pod without that label."""


@dataclass(frozen=True)
class Sighting:
    """An MCP server that runs: its live pods, ready ones first, and its Service."""

    type: str
    namespace: str
    declared: bool
    pods: tuple[k8s.PodSummary, ...]
    service: k8s.Service | None
    domain: str
    """The domain of the cluster's Services."""

    @property
    def pod(self) -> k8s.PodSummary:
        """Return the pod whose labels and annotations are used: a ready one if possible."""
        return self.pods[0]

    @property
    def ready(self) -> int:
        """Return the number of ready pods."""
        return sum(pod.ready for pod in self.pods)

    @property
    def version(self) -> str:
        """Return its version."""
        return self.pod.metadata.labels.get(names.VERSION, UNKNOWN)

    @property
    def protocol(self) -> str:
        """Return the protocol that it speaks behind its Service."""
        return self.pod.metadata.labels.get(names.PROTOCOL, "stdio")

    @property
    def capabilities(self) -> list[str]:
        """Return the capabilities from its annotation."""
        noted = self.pod.metadata.annotations.get(names.CAPABILITIES, "")
        return [capability.strip() for capability in noted.split(",") if capability.strip()]

    @property
    def endpoint(self) -> str:
        """Return the URL from its annotation; empty if it has none."""
        return self.pod.metadata.annotations.get(names.ENDPOINT, "")

    @property
    def service_endpoint(self) -> str | None:
        """Return the URL with the cluster IP of its Service; None if it has no Service or no cluster IP."""
        ip = self.service.spec.cluster_ip if self.service else ""
        return None if ip in ("", "None") else self._url(f"[{ip}]" if ":" in ip else ip)

    @property
    def dns_endpoint(self) -> str | None:
        """Return the URL with the DNS name of its Service; None if it has no Service."""
        if self.service is None:
            return None
        return self._url(names.host(self.service.metadata.name, self.namespace, self.domain))

    def _url(self, host: str) -> str | None:
        # Only the annotation has scheme and path of the MCP endpoint.
        ports, endpoint = self.service.spec.ports if self.service else [], urlsplit(self.endpoint)
        return f"{endpoint.scheme or 'http'}://{host}:{ports[0].port}{endpoint.path}" if ports else None


@dataclass(frozen=True)
class Sight:
    """The servers that were found, ordered by namespace and type, and the failures."""

    sightings: tuple[Sighting, ...]
    failures: tuple[ReadFailure, ...] = ()
    everywhere: bool = True
    """Whether all namespaces were searched, or the declared ones only."""

    def missing(self, declaration: Declaration) -> list[str]:
        """Return the declared types that should run, but have no pod; empty if something could not be read."""
        found = {(sighting.namespace, sighting.type) for sighting in self.sightings}
        return [
            kind
            for kind, server in declaration.servers.items()
            if server.replicas and not self.failures and (server.namespace, kind) not in found
        ]


def sightings(
    followed: Followed, pods: Iterable[k8s.PodSummary], services: Mapping[str, Iterable[k8s.Service]]
) -> tuple[Sighting, ...]:
    """Return the servers of live pods, grouped by namespace and type."""
    found: dict[tuple[str, str], list[k8s.PodSummary]] = {}
    for pod in pods:
        if pod.live:
            key = pod.metadata.namespace, pod.metadata.labels.get(names.TYPE, UNKNOWN)
            found.setdefault(key, []).append(pod)
    return tuple(
        Sighting(
            type=kind,
            namespace=namespace,
            declared=followed.servers.get(kind) == namespace,
            pods=tuple(sorted(mine, key=lambda pod: (not pod.ready, pod.metadata.name))),
            service=next((s for s in services.get(namespace, ()) if s.metadata.name == names.server(kind)), None),
            domain=followed.domain,
        )
        for (namespace, kind), mine in sorted(found.items())
    )


async def look(declaration: Declaration, connection: Connection) -> Sight:
    """Return the MCP servers of all namespaces, or of the declared ones if the account has no access to the others.

    Raises:
        UncheckedError: nothing could be read.
    """
    async with connection.client() as client:
        api = ApiClient(client)
        spaces, labels = declaration.occupied_namespaces(), "=".join(MCP_SERVERS)
        pods = await listed(api, PODS, spaces, lambda pod: pod.metadata.namespace, labels=labels)
        everywhere = pods.whole
        if isinstance(everywhere, ReadFailure) and everywhere.reason is not Reason.FORBIDDEN:
            raise UncheckedError(f"MCP servers could not be searched: {everywhere.message}")
        services = await one_by_one(api, SERVICES, spaces)
    found = pods.parts.values() if isinstance(everywhere, ReadFailure) else [everywhere]
    known = {name: reading.value for name, reading in services.items() if not isinstance(reading, ReadFailure)}
    return Sight(
        sightings(declaration.followed(), _all(found), known),
        tuple(reading for reading in [*found, *services.values()] if isinstance(reading, ReadFailure)),
        not isinstance(everywhere, ReadFailure),
    )


def _all(readings: Iterable[Reading[tuple[k8s.Pod, ...]]]) -> Iterator[k8s.Pod]:
    for reading in readings:
        if not isinstance(reading, ReadFailure):
            yield from reading.value
