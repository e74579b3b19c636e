"""How much of a ResourceQuota is used."""

from collections.abc import Iterator
from typing import NamedTuple

from checks.kube.models import Quota
from stacks.model.declaration import Declaration
from stacks.model.quantity import amount


class QuotaUse(NamedTuple):
    """The use of one resource of a ResourceQuota, from its status; `percent` is None if the limit is zero."""

    resource: str
    used: str
    hard: str
    percent: float | None


def uses(quota: Quota) -> Iterator[QuotaUse]:
    """Yield the use of each resource that the quota controller has counted.

    Raises:
        ValueError: a value is not a quantity.
    """
    for resource, hard in sorted(quota.status.hard.items()):
        used = quota.status.used.get(resource)
        if used is not None:
            most = amount(hard)
            yield QuotaUse(resource, used, hard, float(100 * amount(used) / most) if most else None)


def threshold_percent(declaration: Declaration) -> int:
    """Return the percentage from which a quota is nearly used up: that of the declared alerts, or their default."""
    return declaration.thresholds().quota_percent
