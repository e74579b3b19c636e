"""kube-state-metrics: the cluster's objects as metrics, without its Secrets."""

from collections.abc import Iterator

from stacks.manifests import alerts, network, permissions, pods
from stacks.manifests.grants import Grants
from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.rbac import service_account
from stacks.manifests.site import Site
from stacks.model import kube_state_metrics as model
from stacks.model import names

_NAME = names.KUBE_STATE_METRICS
_PORTS = {names.HTTP_METRICS: names.HTTP_METRICS_PORT, names.TELEMETRY: names.TELEMETRY_PORT}
_SELECTOR = {names.APP: _NAME}
_LABELS = {**_SELECTOR, names.COMPONENT: _NAME}


def kube_state_metrics_manifests(
    metrics: model.KubeStateMetrics, site: Site, *, verified: bool, rotated: bool
) -> tuple[Manifest, ...]:
    """Return the objects of kube-state-metrics; alerts on verification and rotation if these run inside."""
    namespace, scrapers = metrics.namespace, names.scrapers(metrics.scrapers)
    before_pods = (*_access(namespace), _policy(namespace, scrapers, site))
    pods = _deployment(metrics, site).after(before_pods)
    return (
        *before_pods,
        *(_client_policy(namespace, scraper) for scraper in scrapers if scraper in site.namespaces),
        pods,
        # Pulumi waits for a Service's endpoints, which exist once pods are ready.
        _service(namespace).after([pods]),
        *_monitoring(metrics, site, verified=verified, rotated=rotated),
    )


def _access(namespace: str) -> tuple[Manifest, ...]:
    grants = Grants(_NAME, namespace, _LABELS)
    return (
        service_account(_NAME, namespace, _LABELS),
        grants.cluster_role(_NAME, permissions.KUBE_STATE_METRICS),
        grants.everywhere(_NAME, _NAME),
    )


def _policy(namespace: str, scrapers: tuple[str, ...], site: Site) -> Manifest:
    peers = [network.pods(scraper, {}) for scraper in scrapers]
    return network.policy(
        _NAME,
        namespace,
        _LABELS,
        network.selector(_SELECTOR),
        ingress=[{"from": peers, "ports": network.tcp(*_PORTS.values())}],
        egress=[*network.dns_if_unmanaged(namespace, site), network.api_egress(site)],
    )


def _client_policy(namespace: str, scraper: str) -> Manifest:
    rule: Value = {"to": [network.pods(namespace, _SELECTOR)], "ports": network.tcp(*_PORTS.values())}
    name, everyone = names.KUBE_STATE_METRICS_CLIENT, network.selector({})
    return network.policy(name, scraper, _LABELS, everyone, egress=[rule], types=["Egress"])


def _deployment(metrics: model.KubeStateMetrics, site: Site) -> Manifest:
    pod: Value = given(
        {
            "serviceAccountName": _NAME,
            "imagePullSecrets": site.image_pull_secrets(metrics.namespace),
            "automountServiceAccountToken": True,
            "enableServiceLinks": False,
            "securityContext": pods.pod_security(),
            "containers": [_container(metrics)],
            "tolerations": [],
        }
    )
    spec: Value = {
        "replicas": 1,
        "selector": {"matchLabels": _SELECTOR},
        "template": {"metadata": {"labels": _LABELS}, "spec": pod},
    }
    return Manifest("apps/v1", "Deployment", _NAME, metrics.namespace, _LABELS, content={"spec": spec})


def _container(metrics: model.KubeStateMetrics) -> Value:
    return {
        "name": _NAME,
        "image": metrics.image,
        "imagePullPolicy": "IfNotPresent",
        "command": [],
        "args": [
            f"--port={names.HTTP_METRICS_PORT}",
            f"--telemetry-port={names.TELEMETRY_PORT}",
            # It would retry for ever to collect what it may not read.
            f"--resources={','.join(permissions.KUBE_STATE_METRICS_RESOURCES)}",
        ],
        "envFrom": [],
        "ports": [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in _PORTS.items()],
        "resources": pods.resources(metrics.resources),
        "securityContext": pods.container_security(),
        **pods.http_probes({"path": "/healthz", "port": names.HTTP_METRICS}, {"path": "/", "port": names.TELEMETRY}),
    }


def _service(namespace: str) -> Manifest:
    ports: Value = [
        {"name": name, "port": port, "targetPort": name, "protocol": "TCP"} for name, port in _PORTS.items()
    ]
    spec: Value = {"type": "ClusterIP", "selector": _SELECTOR, "ports": ports, "externalIPs": []}
    return Manifest("v1", "Service", _NAME, namespace, _LABELS, content={"spec": spec})


def _monitoring(metrics: model.KubeStateMetrics, site: Site, *, verified: bool, rotated: bool) -> Iterator[Manifest]:
    # Prometheus selects both objects by the additional labels.
    labels = {**_LABELS, **metrics.monitor_labels}
    if metrics.service_monitor:
        spec: Value = {
            "selector": {"matchLabels": _SELECTOR},
            # Its metrics have their own labels `namespace` and `pod`, of the pods that they are about.
            "endpoints": [{"port": names.HTTP_METRICS, "honorLabels": True}, {"port": names.TELEMETRY}],
        }
        version = "monitoring.coreos.com/v1"
        yield Manifest(version, "ServiceMonitor", _NAME, metrics.namespace, labels, content={"spec": spec})
    if metrics.alerts:
        yield alerts.prometheus_rule(
            metrics.namespace, metrics.alerts, site, labels, verified=verified, rotated=rotated
        )
