"""kube-state-metrics and the alerts on what it tells (seed, sections 9 and 11.2)."""

from pydantic import Field, model_validator

from stacks.model import names
from stacks.model.image import Image
from stacks.model.namespace import Compute
from stacks.model.server import Resources
from stacks.model.types import Count, DnsLabel, LabelKey, LabelValue, Model


class Alerts(Model):
    """Thresholds of the PrometheusRule `cortex-alerts`; needs that custom resource on the cluster."""

    quota_percent: int = Field(90, ge=1, le=100)
    """Use of a ResourceQuota from which it nears exhaustion."""
    restarts: Count = 5
    """More restarts of a container than this in `restart_minutes` are a loop."""
    restart_minutes: Count = 10
    """Minutes in which restarts are counted."""
    api_latency_ms: Count = 200
    """Milliseconds below which the API server's 95th percentile must stay."""


class KubeStateMetrics(Model):
    """kube-state-metrics: account, least ClusterRole (no Secrets), Deployment, Service, and where asked more."""

    image: Image = "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.10.0"
    """Image reference; without tag and digest it is looked up in the image lock (`CORTEX_IMAGES`)."""
    namespace: DnsLabel = "cortex-monitoring"
    """A declared namespace."""
    resources: Resources = Resources(
        requests=Compute(cpu="50m", memory="64Mi"), limits=Compute(cpu="200m", memory="256Mi")
    )
    """CPU and memory of the container."""
    scrapers: tuple[DnsLabel, ...] = ()
    """Namespaces whose pods may scrape it, beside cortex-monitoring and cortex-system."""
    service_monitor: bool = False
    """Also a ServiceMonitor; needs that custom resource on the cluster."""
    alerts: Alerts | None = None
    """Also a PrometheusRule `cortex-alerts`; needs that custom resource on the cluster."""
    monitor_labels: dict[LabelKey, LabelValue] = {}
    """Further labels of both, by which a Prometheus selects them (`release: kube-prometheus-stack`)."""

    @model_validator(mode="after")
    def _labels_are_free(self) -> "KubeStateMetrics":
        for key in (names.APP, names.COMPONENT):
            if key in self.monitor_labels:
                raise ValueError(f"monitorLabels has {key!r}, a label that the stack itself sets: remove it")
        return self
