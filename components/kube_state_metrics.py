"""kube-state-metrics: the cluster's objects as metrics, without its Secrets (seed, section 9.1)."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    HTTPGetActionArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    Service,
    ServiceAccount,
    ServicePortArgs,
    ServiceSpecArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicySpecArgs,
)

from components import alerts, network, pods
from components.grants import Grants
from stacks import kube_state_metrics as model
from stacks import names, permissions

_PORTS = {names.HTTP_METRICS: names.HTTP_METRICS_PORT, names.TELEMETRY: names.TELEMETRY_PORT}
_SELECTOR = {names.APP: names.KUBE_STATE_METRICS}
_LABELS = {**_SELECTOR, names.COMPONENT: names.KUBE_STATE_METRICS}


@dataclass(frozen=True)
class KubeStateMetricsSettings:
    """kube-state-metrics as declared, and the namespaces that the stack manages."""

    metrics: model.KubeStateMetrics
    managed_namespaces: tuple[str, ...]
    """Those deny by default, so that a scraper in one must be let out of it as well."""


class KubeStateMetrics(pulumi.ComponentResource):
    """ServiceAccount, ClusterRole, Deployment, Service, NetworkPolicies; ServiceMonitor and alerts where declared."""

    def __init__(
        self, name: str, settings: KubeStateMetricsSettings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("cortex:kubernetes:KubeStateMetrics", name, None, opts)
        metrics = settings.metrics
        child = pulumi.ResourceOptions(parent=self)
        scrapers = names.scrapers(metrics.scrapers)
        # What the pod needs before it starts, and the policy that guards it from its first moment.
        first = [*_access(metrics.namespace, child), _policy(metrics.namespace, scrapers, child)]
        for scraper in scrapers:
            if scraper in settings.managed_namespaces:
                _client_policy(metrics.namespace, scraper, child)
        deployment = _deployment(metrics, pulumi.ResourceOptions(parent=self, depends_on=first))
        # The provider waits for a Service's endpoints, which come with ready pods.
        _service(metrics.namespace, pulumi.ResourceOptions(parent=self, depends_on=[deployment]))
        if metrics.service_monitor:
            _service_monitor(metrics.namespace, child)
        if metrics.alerts:
            watched = settings.managed_namespaces
            alerts.prometheus_rule(metrics.namespace, metrics.alerts, watched, _LABELS, child)
        self.register_outputs({})


def _metadata(namespace: str, name: str = names.KUBE_STATE_METRICS) -> ObjectMetaArgs:
    return ObjectMetaArgs(name=name, namespace=namespace, labels=_LABELS)


def _access(namespace: str, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    name = names.KUBE_STATE_METRICS
    grants = Grants(name, namespace, _LABELS)
    account = ServiceAccount(name, metadata=_metadata(namespace), automount_service_account_token=True, opts=opts)
    role = grants.cluster_role(name, permissions.KUBE_STATE_METRICS, opts)
    return [account, role, grants.everywhere(name, name, opts)]


def _policy(namespace: str, scrapers: tuple[str, ...], opts: pulumi.ResourceOptions) -> NetworkPolicy:
    ingress = NetworkPolicyIngressRuleArgs(
        from_=[network.pods(scraper, {}) for scraper in scrapers], ports=network.tcp(*_PORTS.values())
    )
    return NetworkPolicy(
        names.KUBE_STATE_METRICS,
        metadata=_metadata(namespace),
        spec=NetworkPolicySpecArgs(
            pod_selector=network.selector(_SELECTOR),
            policy_types=["Ingress", "Egress"],
            ingress=[ingress],
            egress=[network.api_egress()],
        ),
        opts=opts,
    )


def _client_policy(namespace: str, scraper: str, opts: pulumi.ResourceOptions) -> NetworkPolicy:
    to = network.pods(namespace, _SELECTOR)
    return NetworkPolicy(
        f"{scraper}-{names.KUBE_STATE_METRICS_CLIENT}",
        metadata=_metadata(scraper, names.KUBE_STATE_METRICS_CLIENT),
        spec=NetworkPolicySpecArgs(
            pod_selector=network.selector({}),
            policy_types=["Egress"],
            egress=[NetworkPolicyEgressRuleArgs(to=[to], ports=network.tcp(*_PORTS.values()))],
        ),
        opts=opts,
    )


def _deployment(metrics: model.KubeStateMetrics, opts: pulumi.ResourceOptions) -> Deployment:
    return Deployment(
        names.KUBE_STATE_METRICS,
        metadata=_metadata(metrics.namespace),
        spec=DeploymentSpecArgs(
            replicas=1,
            selector=LabelSelectorArgs(match_labels=_SELECTOR),
            template=PodTemplateSpecArgs(
                metadata=ObjectMetaArgs(labels=_LABELS),
                spec=PodSpecArgs(
                    service_account_name=names.KUBE_STATE_METRICS,
                    automount_service_account_token=True,
                    enable_service_links=False,
                    security_context=pods.pod_security(),
                    containers=[_container(metrics)],
                ),
            ),
        ),
        opts=opts,
    )


def _container(metrics: model.KubeStateMetrics) -> ContainerArgs:
    return ContainerArgs(
        name=names.KUBE_STATE_METRICS,
        image=metrics.image,
        image_pull_policy="IfNotPresent",
        args=[
            f"--port={names.HTTP_METRICS_PORT}",
            f"--telemetry-port={names.TELEMETRY_PORT}",
            # What it may not read it must not collect: it would try again for ever.
            f"--resources={','.join(permissions.KUBE_STATE_METRICS_RESOURCES)}",
        ],
        ports=[ContainerPortArgs(name=name, container_port=port, protocol="TCP") for name, port in _PORTS.items()],
        resources=pods.resources(metrics.resources),
        security_context=pods.container_security(),
        liveness_probe=_probe("/healthz", names.HTTP_METRICS),
        readiness_probe=_probe("/", names.TELEMETRY),
    )


def _probe(path: str, port: str) -> ProbeArgs:
    return ProbeArgs(
        http_get=HTTPGetActionArgs(path=path, port=port),
        initial_delay_seconds=5,
        timeout_seconds=5,
    )


def _service(namespace: str, opts: pulumi.ResourceOptions) -> Service:
    return Service(
        names.KUBE_STATE_METRICS,
        metadata=_metadata(namespace),
        spec=ServiceSpecArgs(
            type="ClusterIP",
            selector=_SELECTOR,
            ports=[
                ServicePortArgs(name=name, port=port, target_port=name, protocol="TCP") for name, port in _PORTS.items()
            ],
        ),
        opts=opts,
    )


def _service_monitor(namespace: str, opts: pulumi.ResourceOptions) -> CustomResource:
    return CustomResource(
        names.KUBE_STATE_METRICS,
        api_version="monitoring.coreos.com/v1",
        kind="ServiceMonitor",
        metadata=_metadata(namespace),
        spec={
            "selector": {"matchLabels": _SELECTOR},
            # Its metrics have labels `namespace` and `pod` of their own, which tell of other pods than its.
            "endpoints": [{"port": names.HTTP_METRICS, "honorLabels": True}, {"port": names.TELEMETRY}],
        },
        opts=opts,
    )
