"""How much of a ResourceQuota is used (seed, sections 4.3 and 11.2: resource quota exhaustion)."""

from collections.abc import Iterator
from typing import NamedTuple

from checks.kube.models import Quota
from stacks.model.declaration import Declaration
from stacks.model.kube_state_metrics import Alerts
from stacks.model.quantity import amount


class QuotaUse(NamedTuple):
    """One figure of a ResourceQuota, as its status has it; `percent` is None where nothing at all is allowed."""

    resource: str
    used: str
    hard: str
    percent: float | None


def uses(quota: Quota) -> Iterator[QuotaUse]:
    """Give each figure that the quota controller has counted.

    Raises:
        ValueError: a figure is no quantity.
    """
    for resource, hard in sorted(quota.status.hard.items()):
        used = quota.status.used.get(resource)
        if used is not None:
            most = amount(hard)
            yield QuotaUse(resource, used, hard, float(100 * amount(used) / most) if most else None)


def threshold_percent(declaration: Declaration) -> int:
    """Give the use from which a quota nears exhaustion: that of the declared alerts, or their default."""
    metrics = declaration.kube_state_metrics
    return ((metrics and metrics.alerts) or Alerts()).quota_percent
