"""Custom resources: objects of kinds that only some clusters know, and the parts of a declaration that need them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from stacks.model.declaration import Declaration

CustomResource = Literal["ExternalSecret", "PrometheusRule", "ServiceMonitor"]
"""A kind of which a stack can declare objects."""


def needed(declaration: "Declaration") -> Iterator[tuple[str, CustomResource]]:
    """Give the path of each part that declares an object of such a kind, and the kind."""
    for name, secret in declaration.secrets.items():
        if secret.external:
            yield f"secrets.{name}.external", "ExternalSecret"
    metrics = declaration.kube_state_metrics
    if metrics and metrics.service_monitor:
        yield "kubeStateMetrics.serviceMonitor", "ServiceMonitor"
    if metrics and metrics.alerts:
        yield "kubeStateMetrics.alerts", "PrometheusRule"
