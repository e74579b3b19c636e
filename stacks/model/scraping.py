"""How Prometheus finds the metrics of pods."""

from typing import Annotated

from stacks.model.client import Pods
from stacks.model.names import MONITORING_NAMESPACE
from stacks.model.probe import HttpPath
from stacks.model.types import LEFT_OUT, Model, Port


class Scraping(Model):
    """Metrics in the format of Prometheus: announced by annotations of the pods, or by a ServiceMonitor."""

    port: Annotated[Port | None, LEFT_OUT] = None
    """Port of the container: `port` unless given."""
    path: HttpPath = "/metrics"
    """Path of the metrics."""
    service_monitor: Annotated[bool, LEFT_OUT] = False
    """Whether there is a ServiceMonitor instead of annotations; the cluster must have that custom resource."""
    scraper: Pods = Pods(namespace=MONITORING_NAMESPACE)
    """Who may scrape."""
