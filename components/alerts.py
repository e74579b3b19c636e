"""The PrometheusRule `cortex-alerts` (seed, section 11.2), on metrics of kube-state-metrics and the API server."""

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from stacks import names
from stacks.kube_state_metrics import Alerts

Rule = dict[str, str | dict[str, str]]


def prometheus_rule(
    namespace: str,
    alerts: Alerts,
    watched: tuple[str, ...],
    labels: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> CustomResource:
    """Make the PrometheusRule; `watched` are the namespaces whose quotas, pods and Deployments it is about."""
    rules = _rules(alerts, f'namespace=~"{"|".join(watched)}"')
    return CustomResource(
        names.ALERTS,
        api_version="monitoring.coreos.com/v1",
        kind="PrometheusRule",
        metadata=ObjectMetaArgs(name=names.ALERTS, namespace=namespace, labels=labels),
        spec={"groups": [{"name": names.ALERTS, "rules": rules}]},
        opts=opts,
    )


def _rules(alerts: Alerts, mine: str) -> list[Rule]:
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


def _rule(name: str, expression: str, lasting: str, severity: str, summary: str) -> Rule:
    return {
        "alert": name,
        "expr": expression,
        "for": lasting,
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }
