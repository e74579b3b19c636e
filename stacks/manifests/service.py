"""How an MCP server is reached: its Service, an Ingress or HTTPRoute, and a ServiceMonitor."""

from collections.abc import Iterator

from stacks.manifests.labels import owner_labels
from stacks.manifests.manifest import Manifest, Value, given
from stacks.model import names
from stacks.model import service as model
from stacks.model.exposure import Exposure, Gateway
from stacks.model.scraping import Scraping
from stacks.model.server import Server

# No controller needs to be there when the stack is deployed, so Pulumi does not wait for an address.
_NOT_AWAITED = {"pulumi.com/skipAwait": "true"}


def ports(server: Server) -> dict[str, int]:
    """Return the ports of the container besides that of the MCP endpoint, by name."""
    metrics = server.metrics.port if server.metrics else None
    known = {server.port, *server.ports.values()}
    return {**server.ports, **({names.METRICS: metrics} if metrics and metrics not in known else {})}


def service(kind: str, server: Server) -> Manifest:
    """Return a server's Service."""
    declared = server.service or model.Service()
    first = given(
        {
            "name": names.HTTP,
            "port": server.service_port,
            "targetPort": names.HTTP,
            "protocol": "TCP",
            "nodePort": declared.node_port,
            "appProtocol": "https" if server.tls else None,
        }
    )
    more: list[Value] = [
        {"name": name, "port": port, "targetPort": name, "protocol": "TCP"} for name, port in ports(server).items()
    ]
    spec: Value = {
        "type": declared.type or "ClusterIP",
        "selector": names.server_selector(kind),
        "ports": [first, *more],
        "externalIPs": [],
        **_exceptions(declared),
    }
    return Manifest(
        "v1",
        "Service",
        names.server(kind),
        server.namespace,
        owner_labels(kind),
        declared.annotations,
        {"spec": spec},
    )


def _exceptions(declared: model.Service) -> dict[str, Value]:
    seconds = declared.session_affinity_seconds
    return given(
        {
            "clusterIP": "None" if declared.headless else None,
            "sessionAffinity": declared.session_affinity,
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": seconds}} if seconds else None,
            "loadBalancerClass": declared.load_balancer_class,
            "loadBalancerSourceRanges": declared.load_balancer_source_ranges or None,
            "externalTrafficPolicy": declared.external_traffic_policy,
        }
    )


def reached_by(kind: str, server: Server) -> Iterator[Manifest]:
    """Yield the Ingress or HTTPRoute of a server, and its ServiceMonitor."""
    if server.exposure:
        gateway = server.exposure.gateway
        yield (
            _http_route(kind, server, server.exposure, gateway) if gateway else _ingress(kind, server, server.exposure)
        )
    if server.metrics and server.metrics.service_monitor:
        yield _service_monitor(kind, server, server.metrics)


def _ingress(kind: str, server: Server, exposure: Exposure) -> Manifest:
    backend: Value = {"service": {"name": names.server(kind), "port": {"name": names.HTTP}}}
    path: Value = {"path": exposure.path, "pathType": "Prefix", "backend": backend}
    spec = given(
        {
            "ingressClassName": exposure.class_name,
            "rules": [{"host": exposure.host, "http": {"paths": [path]}}],
            "tls": [{"hosts": [exposure.host], "secretName": exposure.tls.secret}] if exposure.tls else None,
        }
    )
    issuer = exposure.tls.cluster_issuer if exposure.tls else None
    annotations = {**exposure.annotations, **({"cert-manager.io/cluster-issuer": issuer} if issuer else {})}
    return Manifest(
        "networking.k8s.io/v1",
        "Ingress",
        names.server(kind),
        server.namespace,
        owner_labels(kind),
        {**annotations, **_NOT_AWAITED},
        {"spec": spec},
    )


def _http_route(kind: str, server: Server, exposure: Exposure, gateway: Gateway) -> Manifest:
    parent = given({"name": gateway.name, "namespace": gateway.namespace, "sectionName": gateway.listener})
    rule: Value = {
        "matches": [{"path": {"type": "PathPrefix", "value": exposure.path}}],
        "backendRefs": [{"name": names.server(kind), "port": server.service_port}],
    }
    spec: Value = {"parentRefs": [parent], "hostnames": [exposure.host], "rules": [rule]}
    return Manifest(
        "gateway.networking.k8s.io/v1",
        "HTTPRoute",
        names.server(kind),
        server.namespace,
        owner_labels(kind),
        exposure.annotations,
        {"spec": spec},
    )


def _service_monitor(kind: str, server: Server, metrics: Scraping) -> Manifest:
    endpoint: Value = {"port": metrics_port(server, metrics), "path": metrics.path}
    spec: Value = {"selector": {"matchLabels": names.server_selector(kind)}, "endpoints": [endpoint]}
    return Manifest(
        "monitoring.coreos.com/v1",
        "ServiceMonitor",
        names.server(kind),
        server.namespace,
        owner_labels(kind),
        content={"spec": spec},
    )


def metrics_port(server: Server, metrics: Scraping) -> str:
    """Return the name of the port with the metrics."""
    number = metrics.port or server.port
    return names.HTTP if number == server.port else next(name for name, port in ports(server).items() if port == number)
