"""The labels and annotations of a server or workload; by those of a server, clients discover it."""

from typing import TypedDict

from stacks.model import names
from stacks.model.owner import Owner
from stacks.model.server import Server
from stacks.model.workload import Workload


class Entry(TypedDict):
    """A server in the stack's output `registry`."""

    name: str
    version: str
    protocol: str
    capabilities: list[str]
    endpoint: str
    namespace: str


def labels(owner: Owner, declared: Workload) -> dict[str, str]:
    """Return the labels of its Deployment and pods; only these of a server have version and protocol."""
    carried = {**declared.labels, **owner.labels}
    if not isinstance(declared, Server):
        return carried
    return {**carried, names.VERSION: declared.version, names.PROTOCOL: declared.transport}


def annotations(owner: Owner, declared: Workload, domain: str) -> dict[str, str]:
    """Return the annotations of its Deployment and pods: its own, and of a server its capabilities and its URL."""
    if not isinstance(declared, Server):
        return declared.annotations
    return {
        **declared.annotations,
        names.CAPABILITIES: names.capabilities(declared.capabilities),
        names.ENDPOINT: endpoint(owner.key, declared, domain),
    }


def pod_annotations(owner: Owner, declared: Workload, domain: str) -> dict[str, str]:
    """Return the annotations of its pods: those of its Deployment, and by which Prometheus finds its metrics."""
    return {**_scraping(declared), **annotations(owner, declared, domain)}


def _scraping(declared: Workload) -> dict[str, str]:
    metrics = declared.metrics
    port = metrics and (metrics.port or declared.port)
    if not metrics or not port or metrics.service_monitor:
        return {}
    found = {"scrape": "true", "port": str(port), "path": metrics.path}
    if declared.serves_tls and port == declared.port:
        found["scheme"] = "https"
    return {f"prometheus.io/{key}": value for key, value in found.items()}


def endpoint(kind: str, server: Server, domain: str) -> str:
    """Return the URL of its MCP endpoint inside the cluster, whose Services are in `domain`."""
    scheme = ("ws" if server.spoken == "websocket" else "http") + ("s" if server.serves_tls else "")
    return names.endpoint(kind, server.namespace, server.service_port, server.path, domain, scheme)


def entry(kind: str, server: Server, domain: str) -> Entry:
    """Return its entry in the registry."""
    return Entry(
        name=names.server(kind),
        version=server.version,
        protocol=server.transport,
        capabilities=sorted(server.capabilities),
        endpoint=endpoint(kind, server, domain),
        namespace=server.namespace,
    )
