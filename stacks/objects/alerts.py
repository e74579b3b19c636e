"""The PrometheusRule `cortex-alerts` (seed, section 11.2), on metrics of kube-state-metrics and the API server."""

from collections.abc import Iterable, Mapping

from stacks import names
from stacks.kube_state_metrics import Alerts
from stacks.objects.base import Object, Value


def prometheus_rule(namespace: str, alerts: Alerts, watched: Iterable[str], labels: Mapping[str, str]) -> Object:
    """Give the PrometheusRule; `watched` are the namespaces whose quotas, pods and Deployments it is about."""
    rules = _rules(alerts, f'namespace=~"{"|".join(watched)}"')
    spec: Value = {"groups": [{"name": names.ALERTS, "rules": rules}]}
    return Object("monitoring.coreos.com/v1", "PrometheusRule", names.ALERTS, namespace, labels, content={"spec": spec})


def _rules(alerts: Alerts, mine: str) -> list[Value]:
    hard = f'(kube_resourcequota{{type="hard",{mine}}} > 0)'
    total = f"kube_pod_container_status_restarts_total{{{mine}}}"
    # Not increase(): it extrapolates to the whole range, so that five restarts count as more than five.
    restarts = f"{total} - min_over_time({total}[{alerts.restart_minutes}m])"
    missing = f"kube_deployment_spec_replicas{{{mine}}} > kube_deployment_status_replicas_available{{{mine}}}"
    # Watches and commands in pods last as long as their clients like.
    requests = 'apiserver_request_duration_seconds_bucket{verb!~"WATCH|CONNECT"}'
    return [
        _rule(
            "CortexQuotaNearExhaustion",
            f'100 * kube_resourcequota{{type="used",{mine}}} / ignoring(type) {hard} >= {alerts.quota_percent}',
            "5m",
            "warning",
            "{{ $labels.namespace }} uses {{ $value | humanize }} % of its quota for {{ $labels.resource }}",
        ),
        _rule(
            "CortexContainerRestarts",
            f"{restarts} > {alerts.restarts}",
            "0m",
            "critical",
            "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} restarted {{ $value | humanize }} "
            f"times in {alerts.restart_minutes} minutes",
        ),
        _rule(
            "CortexDeploymentUnavailable",
            missing,
            "5m",
            "critical",
            "{{ $labels.namespace }}/{{ $labels.deployment }} has fewer replicas available than it should",
        ),
        _rule(
            "CortexNodeNotReady",
            'kube_node_status_condition{condition="Ready",status="true"} == 0',
            "5m",
            "critical",
            "Node {{ $labels.node }} is not ready",
        ),
        _rule(
            "CortexApiLatency",
            f"histogram_quantile(0.95, sum by (le) (rate({requests}[5m]))) > {alerts.api_latency_ms / 1000:g}",
            "10m",
            "warning",
            "The 95th percentile of the API server's latency is {{ $value | humanizeDuration }}",
        ),
    ]


def _rule(name: str, expression: str, lasting: str, severity: str, summary: str) -> Value:
    return {
        "alert": name,
        "expr": expression,
        "for": lasting,
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }
