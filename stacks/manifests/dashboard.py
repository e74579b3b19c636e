"""A dashboard of the agent for Grafana, as the ConfigMap that Grafana's sidecar looks for."""

import json
from typing import NamedTuple

from stacks.manifests.manifest import Manifest
from stacks.model import names

FILE = "cortex-agent.json"
SIDECAR = {"grafana_dashboard": "1"}
"""The label that the sidecar of the Grafana chart selects, unless it is told otherwise."""
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH, _HEIGHT, _COLUMNS = 8, 7, 3


class Panel(NamedTuple):
    """A panel: its title, its query, the legend of each series, its unit, and whether it shows one number."""

    title: str
    query: str
    legend: str = ""
    unit: str = "short"
    single: bool = False


PANELS = (
    Panel("Agents that lead", "sum(cortex_agent_leading)", single=True),
    Panel("Findings", "sum(max by (context, check, severity) (cortex_verify_findings))", single=True),
    Panel("What could not be checked", "sum(max by (context, check) (cortex_verify_unknown))", single=True),
    Panel("Findings by check", "max by (check, severity) (cortex_verify_findings) > 0", "{{check}} {{severity}}"),
    Panel("Latency of MCP servers", "max by (server) (cortex_verify_mcp_latency_seconds)", "{{server}}", "s"),
    Panel("MCP servers that do not answer", "max by (server) (cortex_verify_mcp_answers) == 0", "{{server}}"),
    Panel(
        "Warnings by reason",
        'sum by (reason) (max by (namespace, reason) (increase(cortex_agent_events_total{type="Warning"}[5m])))',
        "{{reason}}",
    ),
    Panel("Reactions by reason", "sum by (reason) (increase(cortex_agent_reactions_total[5m]))", "{{reason}}"),
    Panel("Alerts that wait for webhooks", "max by (webhook) (cortex_agent_webhook_waiting)", "{{webhook}}"),
    Panel(
        "Use of quotas",
        "topk(10, max by (namespace, resource) (cortex_agent_quota_used_ratio))",
        "{{namespace}} {{resource}}",
        "percentunit",
    ),
    Panel(
        "API server, 95 % of small requests within",
        "histogram_quantile(0.95, sum by (le) (rate(cortex_agent_api_request_seconds_bucket[10m])))",
        unit="s",
    ),
    Panel(
        "Watches that do not follow",
        "sum by (resource, namespace) (cortex_agent_watch_failing) > 0",
        "{{resource}} {{namespace}}",
    ),
    Panel("Event log cannot be written", "sum(cortex_agent_log_failing)", single=True),
    Panel("Days of validity", "min by (of) (cortex_verify_validity_days)", "{{of}}", "d"),
    Panel(
        "Seconds since the last verification", "time() - max(cortex_verify_timestamp_seconds)", unit="s", single=True
    ),
)


def dashboard_manifest() -> Manifest:
    """Return the ConfigMap with the dashboard."""
    return Manifest(
        "v1",
        "ConfigMap",
        names.AGENT_DASHBOARD,
        names.SYSTEM_NAMESPACE,
        {**names.agent_labels(), **SIDECAR},
        content={"data": {FILE: json.dumps(_dashboard(), indent=1)}},
    )


def _dashboard() -> dict[str, object]:
    source = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}
    return {
        "title": "Cortex on Kubernetes",
        "uid": "cortex-agent",
        "tags": ["cortex"],
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [source]},
        "panels": [_panel(number, panel) for number, panel in enumerate(PANELS)],
    }


def _panel(number: int, panel: Panel) -> dict[str, object]:
    row, column = divmod(number, _COLUMNS)
    return {
        "id": number + 1,
        "title": panel.title,
        "type": "stat" if panel.single else "timeseries",
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHT, "w": _WIDTH, "x": column * _WIDTH, "y": row * _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [{"refId": "A", "datasource": _SOURCE, "expr": panel.query, "legendFormat": panel.legend}],
    }
