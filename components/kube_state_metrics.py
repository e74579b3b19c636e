"""kube-state-metrics: the cluster's objects as metrics, without its Secrets (seed, section 9.1)."""

from dataclasses import dataclass

import pulumi

from components.register import in_namespace, register
from stacks.manifests.kube_state_metrics import kube_state_metrics_objects
from stacks.manifests.site import Site
from stacks.model import kube_state_metrics as model


@dataclass(frozen=True)
class KubeStateMetricsSettings:
    """kube-state-metrics as declared, where it is, and whether the stack is verified inside the cluster."""

    metrics: model.KubeStateMetrics
    site: Site
    verified: bool


class KubeStateMetrics(pulumi.ComponentResource):
    """ServiceAccount, ClusterRole, Deployment, Service, NetworkPolicies; ServiceMonitor and alerts where declared."""

    def __init__(
        self, name: str, settings: KubeStateMetricsSettings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("cortex:kubernetes:KubeStateMetrics", name, None, opts)
        declared = kube_state_metrics_objects(settings.metrics, settings.site, verified=settings.verified)
        child = pulumi.ResourceOptions(parent=self)
        first = [register(one, child) for one in declared.first]
        for policy in declared.clients:
            register(policy, child, name=in_namespace(policy))
        after_first = pulumi.ResourceOptions(parent=self, depends_on=first)
        pods = register(declared.deployment, after_first)
        # The provider waits for a Service's endpoints, which come with ready pods.
        after_pods = pulumi.ResourceOptions(parent=self, depends_on=[pods])
        register(declared.service, after_pods)
        for one in declared.monitoring:
            register(one, child)
        self.register_outputs({})
