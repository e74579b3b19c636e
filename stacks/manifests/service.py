"""How a server or workload is reached: its Service, an Ingress or HTTPRoute, and a ServiceMonitor."""

from collections.abc import Iterator

from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.owned import owned
from stacks.model import names
from stacks.model import service as model
from stacks.model.exposure import Exposure, Gateway
from stacks.model.owner import Owner
from stacks.model.scraping import Scraping
from stacks.model.server import Server
from stacks.model.workload import Workload

# No controller needs to be there when the stack is deployed, so Pulumi does not wait for an address.
_NOT_AWAITED = {"pulumi.com/skipAwait": "true"}


def ports(declared: Workload) -> dict[str, int]:
    """Return the ports of the container besides the first, by name."""
    metrics = declared.metrics.port if declared.metrics else None
    known = {declared.port, *declared.ports.values()}
    return {**declared.ports, **({names.METRICS: metrics} if metrics and metrics not in known else {})}


def service(owner: Owner, declared: Workload) -> Manifest:
    """Return the Service of a server or workload."""
    exceptions = declared.service or model.Service()
    more: list[Value] = [
        {"name": name, "port": port, "targetPort": name, "protocol": "TCP"} for name, port in ports(declared).items()
    ]
    spec: Value = {
        "type": exceptions.type or "ClusterIP",
        "selector": owner.selector,
        "ports": [*_first(owner, declared, exceptions), *more],
        "externalIPs": [],
        **_exceptions(exceptions),
    }
    return owned(owner, declared, "v1", "Service", spec, exceptions.annotations)


def _first(owner: Owner, declared: Workload, exceptions: model.Service) -> Iterator[Value]:
    if declared.port:
        yield given(
            {
                "name": owner.port,
                "port": declared.service_port,
                "targetPort": owner.port,
                "protocol": "TCP",
                "nodePort": exceptions.node_port,
                "appProtocol": _protocol(declared),
            }
        )


def _protocol(declared: Workload) -> str | None:
    """Return the protocol of its first port, by Kubernetes' names for them; plain HTTP is left out."""
    if isinstance(declared, Server) and declared.spoken == "websocket":
        return "kubernetes.io/wss" if declared.serves_tls else "kubernetes.io/ws"
    return "https" if declared.serves_tls else None


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


def reached_by(owner: Owner, declared: Workload, domain: str) -> Iterator[Manifest]:
    """Yield the Ingress or HTTPRoute of a server or workload, and its ServiceMonitor; Services are in `domain`."""
    if declared.exposure:
        exposure, gateway = declared.exposure, declared.exposure.gateway
        yield _http_route(owner, declared, exposure, gateway) if gateway else _ingress(owner, declared, exposure)
    if declared.metrics and declared.metrics.service_monitor:
        yield _service_monitor(owner, declared, declared.metrics, domain)


def _ingress(owner: Owner, declared: Workload, exposure: Exposure) -> Manifest:
    backend: Value = {"service": {"name": owner.name, "port": {"name": owner.port}}}
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
    return owned(owner, declared, "networking.k8s.io/v1", "Ingress", spec, {**annotations, **_NOT_AWAITED})


def _http_route(owner: Owner, declared: Workload, exposure: Exposure, gateway: Gateway) -> Manifest:
    parent = given({"name": gateway.name, "namespace": gateway.namespace, "sectionName": gateway.listener})
    rule: Value = {
        "matches": [{"path": {"type": "PathPrefix", "value": exposure.path}}],
        "backendRefs": [{"name": owner.name, "port": declared.service_port}],
    }
    spec: Value = {"parentRefs": [parent], "hostnames": [exposure.host], "rules": [rule]}
    return owned(owner, declared, "gateway.networking.k8s.io/v1", "HTTPRoute", spec, exposure.annotations)


def _service_monitor(owner: Owner, declared: Workload, metrics: Scraping, domain: str) -> Manifest:
    endpoint: dict[str, Value] = {"port": metrics_port(owner, declared, metrics), "path": metrics.path}
    if declared.serves_tls and metrics.port in (None, declared.port):
        unverified = isinstance(declared, Server) and declared.serves_unverified_tls
        # Prometheus connects to pods, whose certificate names the Service.
        known: Value = {"serverName": names.host(owner.name, declared.namespace, domain)}
        endpoint |= {"scheme": "https", "tlsConfig": {"insecureSkipVerify": True} if unverified else known}
    spec: Value = {"selector": {"matchLabels": owner.selector}, "endpoints": [endpoint]}
    return owned(owner, declared, "monitoring.coreos.com/v1", "ServiceMonitor", spec)


def metrics_port(owner: Owner, declared: Workload, metrics: Scraping) -> str:
    """Return the name of the port with the metrics."""
    number = metrics.port or declared.port
    return owner.port if number == declared.port else next(n for n, port in ports(declared).items() if port == number)
