"""The PrometheusRule `cortex-alerts`, on metrics of kube-state-metrics and the API server."""

from collections.abc import Mapping

from stacks.manifests.manifest import Manifest, Value
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.kube_state_metrics import Alerts

LONGEST_SILENCE_SECONDS = 3600
"""Seconds without a successful verification that never raise an alert, however short its schedule is."""


def prometheus_rule(
    namespace: str, alerts: Alerts, site: Site, labels: Mapping[str, str], *, verified: bool, rotated: bool
) -> Manifest:
    """Return the PrometheusRule for the quotas, pods and Deployments of the managed namespaces, and for MCP servers.

    If the stack is `verified` inside the cluster, there are two more alerts on the verification, and one more if its
    Secrets are `rotated` there.
    """
    mine = f'namespace=~"{"|".join(site.namespaces)}"'
    others = {space: "|".join(running) for space, running in site.running_elsewhere().items()}
    # Without samples of it, none of the alerts could fire.
    always = "kube_resourcequota" if site.has_quotas else "kube_namespace_status_phase"
    rules = (
        _rules(alerts, mine, others, always) + (_verification() if verified else []) + (_rotation() if rotated else [])
    )
    spec: Value = {"groups": [{"name": names.ALERTS, "rules": rules}]}
    return Manifest(
        "monitoring.coreos.com/v1", "PrometheusRule", names.ALERTS, namespace, labels, content={"spec": spec}
    )


def _rules(alerts: Alerts, mine: str, others: Mapping[str, str], always: str) -> list[Value]:
    hard = f'(kube_resourcequota{{type="hard",{mine}}} > 0)'
    containers = [mine, *(f'namespace="{space}",container=~"{servers}"' for space, servers in others.items())]
    deployments = [mine, *(f'namespace="{space}",deployment=~"{servers}"' for space, servers in others.items())]
    # Watches and commands in pods last as long as their client wants, so their duration says nothing about the server.
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
            " or ".join(_restarts(chosen, alerts) for chosen in containers),
            "0m",
            "critical",
            "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} restarted {{ $value | humanize }} "
            f"times in {alerts.restart_minutes} minutes",
        ),
        _rule(
            "CortexDeploymentUnavailable",
            " or ".join(map(_missing, deployments)),
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
        _rule(
            "CortexMetricsSilent",
            f"absent({always}{{{mine}}})",
            "10m",
            "critical",
            "Nothing comes from kube-state-metrics, so that no other alert can be relied on",
        ),
    ]


def _restarts(chosen: str, alerts: Alerts) -> str:
    total = f"kube_pod_container_status_restarts_total{{{chosen}}}"
    # Not increase(): it extrapolates to the whole range, so five restarts would count as more than five.
    return f"{total} - min_over_time({total}[{alerts.restart_minutes}m]) > {alerts.restarts}"


def _missing(chosen: str) -> str:
    return f"kube_deployment_spec_replicas{{{chosen}}} > kube_deployment_status_replicas_available{{{chosen}}}"


def _verification() -> list[Value]:
    cron_job = _cron_job(names.VERIFY)
    since = f"({_success(names.VERIFY)} or kube_cronjob_created{cron_job})"
    # From one run to the next. A suspended CronJob has no next run, so the alert on its age cannot fire.
    last = f"(kube_cronjob_status_last_schedule_time{cron_job} or kube_cronjob_created{cron_job})"
    interval = f"(kube_cronjob_next_schedule_time{cron_job} - {last})"
    age = f"time() - {since}"
    return [
        _rule(
            "CortexVerificationFailed",
            _failed(names.VERIFY),
            "0m",
            "critical",
            f"The latest verification found the cluster not as declared, or could not tell: its ConfigMap "
            f"{names.VERIFICATION_CONFIG_MAP} says more",
        ),
        _rule(
            "CortexVerificationStale",
            f"{age} > {LONGEST_SILENCE_SECONDS} unless {age} <= 2 * {interval}",
            # Time for a run that is due to begin and end.
            "10m",
            "warning",
            "Nobody has found the cluster as declared for {{ $value | humanizeDuration }}",
        ),
    ]


def _rotation() -> list[Value]:
    return [
        _rule(
            "CortexRotationFailed",
            _failed(names.ROTATE),
            "0m",
            "warning",
            "The latest rotation of Secrets on a schedule failed: the log of its Job says why",
        )
    ]


def _failed(name: str) -> str:
    """Return the expression of a Job that failed after the last success of its CronJob."""
    jobs = f'namespace="{names.SYSTEM_NAMESPACE}",job_name=~"{name}-.+"'
    # Failed Jobs are kept for their logs, so only one that began after the last success counts.
    failed = f'kube_job_failed{{{jobs},condition="true"}} > 0'
    began = f"max by (namespace) (kube_job_status_start_time{{{jobs}}} and on (namespace, job_name) {failed})"
    return f"{began} > (max by (namespace) ({_success(name)}) or max by (namespace) ({failed}) * 0)"


def _success(name: str) -> str:
    return f"kube_cronjob_status_last_successful_time{_cron_job(name)}"


def _cron_job(name: str) -> str:
    return f'{{namespace="{names.SYSTEM_NAMESPACE}",cronjob="{name}"}}'


def _rule(name: str, expression: str, lasting: str, severity: str, summary: str) -> Value:
    return {
        "alert": name,
        "expr": expression,
        "for": lasting,
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }
