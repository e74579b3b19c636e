"""What a declaration needs of its cluster."""

from stacks.model.custom_resources import CustomResource
from stacks.model.declaration import Declaration
from stacks.model.destination import Destination


def required_custom_resources(declaration: Declaration) -> dict[str, CustomResource]:
    """Return the custom resources of which the declaration has objects, by the path of the part that needs each."""
    required: dict[str, CustomResource] = {
        f"secrets.{name}.external": "ExternalSecret" for name, secret in declaration.secrets.items() if secret.external
    }
    for owner, declared in declaration.running().items():
        if declared.exposure and declared.exposure.gateway:
            required[f"{owner.path}.exposure.gateway"] = "HTTPRoute"
        if declared.metrics and declared.metrics.service_monitor:
            required[f"{owner.path}.metrics.serviceMonitor"] = "ServiceMonitor"
    for path, destinations in egress(declaration).items():
        if any(one.dns_names for one in destinations):
            required[path] = "CiliumNetworkPolicy"
    return required | _monitoring(declaration)


def _monitoring(declaration: Declaration) -> dict[str, CustomResource]:
    required: dict[str, CustomResource] = {}
    metrics = declaration.kube_state_metrics
    if metrics and metrics.service_monitor:
        required["kubeStateMetrics.serviceMonitor"] = "ServiceMonitor"
    if metrics and metrics.alerts:
        required["kubeStateMetrics.alerts"] = "PrometheusRule"
    agent_metrics = declaration.agent.metrics if declaration.agent else None
    if agent_metrics and agent_metrics.service_monitor:
        required["agent.metrics.serviceMonitor"] = "ServiceMonitor"
    if agent_metrics and agent_metrics.alerts:
        required["agent.metrics.alerts"] = "PrometheusRule"
    return required


def egress(declaration: Declaration) -> dict[str, tuple[Destination, ...]]:
    """Return the destinations of each part of the declaration that has any, by the path of the setting."""
    parts = {f"namespaces.{name}": namespace.egress for name, namespace in declaration.namespaces.items()}
    parts |= {owner.path: declared.egress for owner, declared in declaration.running().items()}
    parts |= {"verifier": declaration.verifier.egress} if declaration.verifier else {}
    parts |= {"agent": declaration.agent.egress} if declaration.agent else {}
    return {f"{path}.egress": destinations for path, destinations in parts.items() if destinations}
