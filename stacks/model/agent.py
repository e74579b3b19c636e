"""The agent: `cortex agent --in-cluster`, which follows the cluster for as long as it is declared."""

from typing import Annotated, Literal

from pydantic import model_validator

from stacks.model import names
from stacks.model.client import Client
from stacks.model.destination import Destination
from stacks.model.image import Image
from stacks.model.namespace import Compute
from stacks.model.quantity import Quantity, amount
from stacks.model.resources import Limits, Resources
from stacks.model.types import LEFT_OUT, Count, DnsLabel, FileKey, LabelKey, LabelValue, Model
from stacks.model.volume import Claim

SHARED = "ReadWriteMany"
"""The access mode of a claim that the pods of several nodes can mount."""

Verb = Literal["cordon", "restart"]
"""What an agent can do to a cluster."""


class EventLog(Model):
    """The event log: a file for each day."""

    days: Count = 14
    """Days for which it is kept."""
    size: Quantity = "1Gi"
    """The most bytes that it may have; the oldest days are removed first."""
    claim: Annotated[Claim | None, LEFT_OUT] = None
    """Storage that outlives the pods. Without it, each pod keeps its own log, which is lost with the pod."""

    @model_validator(mode="after")
    def _claim_has_room(self) -> "EventLog":
        if self.claim and amount(self.claim.size) < amount(self.size):
            raise ValueError("claim.size is smaller than size: raise it, or lower size")
        return self


class AgentMetrics(Model):
    """Who may scrape the agent's metrics, and how Prometheus finds them."""

    scraper: Client = Client(namespace=names.MONITORING_NAMESPACE)
    """Who may scrape."""
    service_monitor: Annotated[bool, LEFT_OUT] = False
    """Also a ServiceMonitor; the cluster must have that custom resource."""
    alerts: Annotated[bool, LEFT_OUT] = False
    """Also a PrometheusRule `cortex-agent`; the cluster must have that custom resource."""
    monitor_labels: Annotated[dict[LabelKey, LabelValue], LEFT_OUT] = {}
    """Further labels of both, by which Prometheus selects them (`release: kube-prometheus-stack`)."""

    @model_validator(mode="after")
    def _labels_are_free(self) -> "AgentMetrics":
        for key in (names.APP, names.COMPONENT):
            if key in self.monitor_labels:
                raise ValueError(f"monitorLabels has {key!r}, a label that the stack sets: remove it")
        return self


class Webhook(Model):
    """An address that gets what needs attention. The address is secret, so it is in a Secret."""

    secret: DnsLabel
    """A declared Secret of cortex-system."""
    key: FileKey
    """Its key with the address."""
    format: Literal["json", "slack", "alertmanager"] = "json"
    """What it takes: our own JSON, a message for Slack, or alerts as Alertmanager's API takes them."""


class Agent(Model):
    """A Deployment in cortex-system. One of its pods leads, elected by a Lease; the others follow and wait."""

    image: Image
    """The image with the checks; without tag and digest it is looked up in the image lock."""
    replicas: Count = 2
    """Number of pods: with more than one, another takes over when the leader ends."""
    log: EventLog = EventLog()
    """What the event log keeps, and where."""
    actions: Annotated[tuple[Verb, ...], LEFT_OUT] = ()
    """What it may do to the cluster besides reading: `cordon` nodes, and `restart` pods of the stack's namespaces."""
    webhooks: Annotated[dict[DnsLabel, Webhook], LEFT_OUT] = {}
    """Name → where alerts and reactions are sent."""
    egress: Annotated[tuple[Destination, ...], LEFT_OUT] = ()
    """Destinations that its pods may connect to besides the Kubernetes API: those of its webhooks."""
    metrics: Annotated[AgentMetrics | None, LEFT_OUT] = None
    """How Prometheus reaches its metrics."""
    dashboard: Annotated[bool, LEFT_OUT] = False
    """Also a ConfigMap with a dashboard, which the sidecar of Grafana loads by the label `grafana_dashboard`."""
    resources: Resources = Resources(
        requests=Compute(cpu="50m", memory="128Mi"), limits=Limits(cpu="500m", memory="256Mi")
    )
    """CPU and memory of its container."""

    @model_validator(mode="after")
    def _once(self) -> "Agent":
        if len(set(self.actions)) < len(self.actions):
            raise ValueError("actions has the same entry twice: remove one")
        return self

    @model_validator(mode="after")
    def _claim_is_shared(self) -> "Agent":
        if self.replicas > 1 and self.log.claim and not self.shares_log:
            raise ValueError(
                "log.claim can be mounted on one node only, so further pods could not start: "
                f"set its accessModes to [{SHARED}], or replicas to 1"
            )
        return self

    @property
    def shares_log(self) -> bool:
        """Return whether pods on several nodes can have the log at the same time."""
        return self.log.claim is None or SHARED in self.log.claim.access_modes

    @property
    def surge(self) -> int:
        """Return how many pods a rollout runs in addition to `replicas`."""
        return 1 if self.shares_log else 0
