"""kube-state-metrics, and the alerts on its metrics."""

from pydantic import Field, model_validator

from stacks.model import names
from stacks.model.image import Image
from stacks.model.namespace import Compute
from stacks.model.resources import Limits, Resources
from stacks.model.types import Count, DnsLabel, LabelKey, LabelValue, Model


class Alerts(Model):
    """Thresholds of the PrometheusRule `cortex-alerts`. The cluster must have this custom resource."""

    quota_percent: int = Field(90, ge=1, le=100)
    """Percent of a ResourceQuota in use from which the alert fires."""
    restarts: Count = 5
    """The alert fires if a container restarts more often than this in `restartMinutes`."""
    restart_minutes: Count = 10
    """Minutes over which restarts are counted."""
    api_latency_ms: Count = 200
    """The alert fires if the 95th percentile of the API server's latency exceeds this, in milliseconds."""


class KubeStateMetrics(Model):
    """kube-state-metrics: account, ClusterRole (without Secrets), Deployment and Service."""

    image: Image = "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.10.0"
    """Image reference; without tag and digest it is looked up in the image lock (`CORTEX_IMAGES`)."""
    namespace: DnsLabel = "cortex-monitoring"
    """A declared namespace."""
    resources: Resources = Resources(
        requests=Compute(cpu="50m", memory="64Mi"), limits=Limits(cpu="200m", memory="256Mi")
    )
    """CPU and memory of the container."""
    scrapers: tuple[DnsLabel, ...] = ()
    """Namespaces whose pods may scrape it, besides cortex-monitoring and cortex-system."""
    service_monitor: bool = False
    """Also a ServiceMonitor; needs that custom resource on the cluster."""
    alerts: Alerts | None = None
    """Also a PrometheusRule `cortex-alerts`. The cluster must have this custom resource."""
    monitor_labels: dict[LabelKey, LabelValue] = {}
    """Further labels of both, by which Prometheus selects them (`release: kube-prometheus-stack`)."""

    @model_validator(mode="after")
    def _labels_are_free(self) -> "KubeStateMetrics":
        for key in (names.APP, names.COMPONENT):
            if key in self.monitor_labels:
                raise ValueError(f"monitorLabels has {key!r}, a label that the stack sets: remove it")
        return self
