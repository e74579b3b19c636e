from typing import cast

from components.kube_state_metrics import KubeStateMetrics, KubeStateMetricsArgs
from stacks.manifests.kube_state_metrics import kube_state_metrics_manifests
from stacks.manifests.site import Site
from stacks.model import kube_state_metrics as model
from tests.components.recording import Recording, record

NAME = "cortex-monitoring/kube-state-metrics"
SITE = Site(("cortex-mcp", "cortex-monitoring", "cortex-system"))


def made(site: Site = SITE, *, verified: bool = False, rotated: bool = False, **settings: object) -> Recording:
    metrics = model.KubeStateMetrics.model_validate(settings)
    args = KubeStateMetricsArgs(kube_state_metrics_manifests(metrics, site, verified=verified, rotated=rotated))
    return record(lambda: KubeStateMetrics("kube-state-metrics", args))


def test_container_has_ports_and_probes() -> None:
    container = made().of("Deployment")[NAME].at("spec.template.spec.containers.0")
    assert isinstance(container, dict)
    assert container["image"] == "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.10.0"
    assert container["ports"] == [
        {"name": "http-metrics", "containerPort": 8080, "protocol": "TCP"},
        {"name": "telemetry", "containerPort": 8081, "protocol": "TCP"},
    ]
    assert container["livenessProbe"] == {
        "httpGet": {"path": "/healthz", "port": "http-metrics"},
        "initialDelaySeconds": 5,
        "timeoutSeconds": 5,
    }
    assert container["readinessProbe"] == {
        "httpGet": {"path": "/", "port": "telemetry"},
        "periodSeconds": 2,
        "timeoutSeconds": 5,
    }


def test_it_collects_exactly_what_it_may_read_and_no_secrets() -> None:
    recording = made()
    rules = cast("list[dict[str, list[str]]]", recording.one("ClusterRole").at("rules"))
    readable = sorted(resource for rule in rules for resource in rule["resources"])
    args = cast("list[str]", recording.one("Deployment").at("spec.template.spec.containers.0.args"))
    assert args == ["--port=8080", "--telemetry-port=8081", f"--resources={','.join(readable)}"]
    assert "secrets" not in readable
    assert {verb for rule in rules for verb in rule["verbs"]} == {"list", "watch"}


def test_role_is_bound_to_its_account_and_the_pod_uses_it() -> None:
    recording = made()
    binding = recording.one("ClusterRoleBinding")
    assert binding.at("roleRef.name") == recording.one("ClusterRole").at("metadata.name") == "kube-state-metrics"
    assert binding.at("subjects") == [
        {"kind": "ServiceAccount", "name": "kube-state-metrics", "namespace": "cortex-monitoring"}
    ]
    assert recording.of("ServiceAccount").keys() == {NAME}
    assert recording.one("Deployment").at("spec.template.spec.serviceAccountName") == "kube-state-metrics"


def test_service_leads_to_the_pod() -> None:
    recording = made()
    assert recording.of("Service")[NAME].at("spec") == {
        "type": "ClusterIP",
        "externalIPs": [],
        "selector": {"app": "kube-state-metrics"},
        "ports": [
            {"name": "http-metrics", "port": 8080, "targetPort": "http-metrics", "protocol": "TCP"},
            {"name": "telemetry", "port": 8081, "targetPort": "telemetry", "protocol": "TCP"},
        ],
    }
    labels = recording.one("Deployment").at("spec.template.metadata.labels")
    assert isinstance(labels, dict)
    assert labels["app"] == "kube-state-metrics"


def test_only_scrapers_reach_it_and_it_reaches_the_api_alone() -> None:
    policy = made(scrapers=["prometheus"]).of("NetworkPolicy")[NAME]
    assert policy.at("spec.ingress") == [
        {
            "from": [
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
                for name in ("cortex-monitoring", "cortex-system", "prometheus")
            ],
            "ports": [{"port": 8080, "protocol": "TCP"}, {"port": 8081, "protocol": "TCP"}],
        }
    ]
    assert policy.at("spec.egress") == [
        {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]}
    ]


def test_scrapers_are_let_out_of_managed_namespaces_and_only_those() -> None:
    policies = made(scrapers=["prometheus"]).of("NetworkPolicy")
    assert policies.keys() - {NAME} == {
        "cortex-monitoring/kube-state-metrics-client",
        "cortex-system/kube-state-metrics-client",
    }
    (rule,) = cast("list[dict[str, object]]", policies["cortex-system/kube-state-metrics-client"].at("spec.egress"))
    assert rule["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cortex-monitoring"}},
            "podSelector": {"matchLabels": {"app": "kube-state-metrics"}},
        }
    ]


def test_pod_starts_after_its_rights_and_its_guard() -> None:
    waits = {urn.split("::")[-2].rpartition(":")[2] for urn in made().one("Deployment").depends_on}
    assert waits == {"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "NetworkPolicy"}


def test_custom_resources_are_made_only_when_asked_for() -> None:
    recording = made()
    assert recording.of("ServiceMonitor") == recording.of("PrometheusRule") == {}
    monitor = made(serviceMonitor=True).of("ServiceMonitor")[NAME]
    assert monitor.at("apiVersion") == "monitoring.coreos.com/v1"
    assert monitor.at("spec") == {
        "selector": {"matchLabels": {"app": "kube-state-metrics"}},
        "endpoints": [{"port": "http-metrics", "honorLabels": True}, {"port": "telemetry"}],
    }


def test_prometheus_finds_both_by_the_declared_labels() -> None:
    recording = made(serviceMonitor=True, alerts={}, monitorLabels={"release": "kube-prometheus-stack"})
    labels = {
        "app": "kube-state-metrics",
        "cortex.dev/component": "kube-state-metrics",
        "release": "kube-prometheus-stack",
    }
    assert recording.one("ServiceMonitor").at("metadata.labels") == labels
    assert recording.one("PrometheusRule").at("metadata.labels") == labels
    assert "release" not in cast("dict[str, str]", recording.one("Service").at("metadata.labels"))


def alerts(recording: Recording) -> set[str]:
    rules = cast("list[dict[str, str]]", recording.one("PrometheusRule").at("spec.groups.0.rules"))
    return {rule["alert"] for rule in rules}


def test_a_verified_stack_has_alerts_on_that_and_their_metrics_are_collected() -> None:
    recording = made(verified=True, alerts={})
    assert alerts(recording) - alerts(made(alerts={})) == {"CortexVerificationFailed", "CortexVerificationStale"}
    (resources,) = (
        argument.removeprefix("--resources=").split(",")
        for argument in cast("list[str]", recording.one("Deployment").at("spec.template.spec.containers.0.args"))
        if argument.startswith("--resources=")
    )
    assert {"cronjobs", "jobs"} <= set(resources)


def test_a_stack_with_a_rotator_has_an_alert_on_that() -> None:
    assert alerts(made(rotated=True, alerts={})) - alerts(made(alerts={})) == {"CortexRotationFailed"}


def test_it_reaches_the_declared_api_servers_alone() -> None:
    policy = made(Site(SITE.namespaces, api_servers=("192.0.2.1/32",))).of("NetworkPolicy")[NAME]
    (rule,) = cast("list[dict[str, object]]", policy.at("spec.egress"))
    assert rule["to"] == [{"ipBlock": {"cidr": "192.0.2.1/32"}}]


def test_only_its_own_pod_has_its_token() -> None:
    recording = made()
    assert recording.one("ServiceAccount").at("automountServiceAccountToken") is False
    assert recording.one("Deployment").at("spec.template.spec.automountServiceAccountToken") is True


def test_alerts_have_the_declared_thresholds() -> None:
    thresholds = {"quotaPercent": 85, "restarts": 7, "restartMinutes": 15, "apiLatencyMs": 250}
    rule = made(alerts=thresholds).of("PrometheusRule")["cortex-monitoring/cortex-alerts"]
    rules = cast("list[dict[str, str]]", rule.at("spec.groups.0.rules"))
    mine = 'namespace=~"cortex-mcp|cortex-monitoring|cortex-system"'
    total = f"kube_pod_container_status_restarts_total{{{mine}}}"
    assert {alert["alert"]: alert["expr"] for alert in rules} == {
        "CortexQuotaNearExhaustion": (
            f'100 * kube_resourcequota{{type="used",{mine}}} / ignoring(type) '
            f'(kube_resourcequota{{type="hard",{mine}}} > 0) >= 85'
        ),
        "CortexContainerRestarts": f"{total} - min_over_time({total}[15m]) > 7",
        "CortexDeploymentUnavailable": (
            f"kube_deployment_spec_replicas{{{mine}}} > kube_deployment_status_replicas_available{{{mine}}}"
        ),
        "CortexNodeNotReady": 'kube_node_status_condition{condition="Ready",status="true"} == 0',
        "CortexApiLatency": (
            "histogram_quantile(0.95, sum by (le) (rate("
            'apiserver_request_duration_seconds_bucket{verb!~"WATCH|CONNECT"}[5m]))) > 0.25'
        ),
        "CortexMetricsSilent": f"absent(kube_resourcequota{{{mine}}})",
    }
    assert all(alert["annotations"] and alert["labels"] for alert in rules)
