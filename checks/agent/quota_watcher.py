"""Follow ResourceQuotas, for the metrics."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily

from checks.kube import models as k8s
from checks.kube.resources import QUOTAS
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change, Reflector
from checks.kube.watch.stream import Scope
from checks.usage.quota import uses


class QuotaWatcher:
    """Follows the quotas of namespaces."""

    def __init__(self, namespaces: Iterable[str], connector: Connector, availability: Availability) -> None:
        self.reflectors = [
            Reflector(QUOTAS, Scope(name), connector, _keep, availability=availability) for name in namespaces
        ]

    def metric(self) -> GaugeMetricFamily:
        """Return how much of each quota is used."""
        labels = ("namespace", "quota", "resource")
        family = GaugeMetricFamily("cortex_agent_quota_used_ratio", "Use of a quota, 1 is all of it.", labels=labels)
        for reflector in self.reflectors:
            for quota in reflector.objects:
                for use in _known(quota):
                    family.add_metric((quota.metadata.namespace, quota.metadata.name, use[0]), use[1])
        return family


def _known(quota: k8s.Quota) -> Iterator[tuple[str, float]]:
    """Yield each resource whose use is known."""
    try:
        for use in uses(quota):
            if use.percent is not None:
                yield use.resource, use.percent / 100
    except ValueError:
        # The quota controller wrote something that is not a quantity.
        return


def _keep(_: Change[k8s.Quota]) -> None:
    """Keep what the reflector keeps anyway."""
