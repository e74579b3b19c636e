"""kube-state-metrics: the state of the cluster's objects as metrics, without its Secrets."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.children import Children, in_namespace
from stacks.manifests.manifest import Manifest
from stacks.model import names


@dataclass(frozen=True)
class KubeStateMetricsArgs:
    """The manifests of kube-state-metrics."""

    manifests: Sequence[Manifest]


class KubeStateMetrics(pulumi.ComponentResource):
    """ServiceAccount, ClusterRole, Deployment, Service, NetworkPolicies; ServiceMonitor and alerts where declared."""

    def __init__(self, name: str, args: KubeStateMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:KubeStateMetrics", name, None, opts)
        children = Children(self)
        for manifest in args.manifests:
            is_client = manifest.name == names.KUBE_STATE_METRICS_CLIENT
            children.register(manifest, name=in_namespace(manifest) if is_client else None)
        self.register_outputs({})
