"""Faults in what one part names and another declares."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import MONITORING, SETTINGS, TOKEN, Wrong, ids, refused

TAKEN = "is a name that the stack uses itself in that namespace: choose another"
UNDECLARED = "add it under cortex:namespaces, or use one of cortex-mcp, cortex-system"
NAMED = {"dnsNames": ["api.example.com"], "ports": [443]}
NEEDS_CILIUM = (
    "has dnsNames, which no NetworkPolicy can express: if the cluster's network is Cilium, add CiliumNetworkPolicy to "
    "cluster.customResources; otherwise write cidrs, or the namespace and labels of an egress proxy"
)
WRONG: Wrong = [
    (
        {"servers.clock.namespace": "cortex-mpc"},
        "servers.clock.namespace: namespace 'cortex-mpc' is not declared: did you mean 'cortex-mcp'? Otherwise "
        "add it under cortex:namespaces, or use one of cortex-mcp, cortex-system",
    ),
    (
        {"servers.clock.kubernetes": {"namespaces": ["prod"]}},
        "servers.clock.kubernetes.namespaces: namespace 'prod' is not declared: "
        "add it under cortex:namespaces, or use one of cortex-mcp, cortex-system",
    ),
    (
        {"servers.clock.kubernetes": {"namespaces": ["kube-system"]}},
        "servers.clock.kubernetes.namespaces: namespace 'kube-system' is not declared: "
        "add it under cortex:existingNamespaces, or use one of cortex-mcp, cortex-system",
    ),
    (
        {"secrets.token": TOKEN, "secrets.twin": {**TOKEN, "name": "token"}},
        "secrets.twin: has the namespace and name of secrets.token, 'token': give it another name, or remove one",
    ),
    (
        {"configMaps.settings": SETTINGS, "configMaps.twin": {**SETTINGS, "name": "settings"}},
        "configMaps.twin: has the namespace and name of configMaps.settings, 'settings': "
        "give it another name, or remove one",
    ),
    (
        {
            "secrets.own": {**TOKEN, "name": "clock-mcp-credentials"},
            "servers.clock.secretEnv": {"TOKEN": "token"},
        },
        "secrets.own: servers.clock makes it from secretEnv and secretFiles: remove it here or there",
    ),
    (
        {"secrets.token": {**TOKEN, "namespace": "mcp"}},
        f"secrets.token.namespace: namespace 'mcp' is not declared: {UNDECLARED}",
    ),
    (
        {"configMaps.settings": {**SETTINGS, "namespace": "mcp"}},
        f"configMaps.settings.namespace: namespace 'mcp' is not declared: {UNDECLARED}",
    ),
    (
        {"kubeStateMetrics": {}},
        f"kubeStateMetrics.namespace: namespace 'cortex-monitoring' is not declared: {UNDECLARED}",
    ),
    (
        {"resourceManager": {"execIn": ["cortex-workers"]}},
        f"resourceManager.execIn: namespace 'cortex-workers' is not declared: {UNDECLARED}",
    ),
    (
        {"resourceManager": {"readableSecrets": {"cortex-data": ["token"]}}},
        f"resourceManager.readableSecrets: namespace 'cortex-data' is not declared: {UNDECLARED}",
    ),
    (
        {"secrets.token": {"namespace": "cortex-mcp", "external": {"store": "vault", "keys": {"a": "b"}}}},
        "secrets.token.external: needs the custom resource ExternalSecret: "
        "add it to cluster.customResources if the cluster has it, or remove this",
    ),
    (
        {"secrets.clock-mcp-credentials": TOKEN, "servers.clock.secretEnv": {"TOKEN": "token"}},
        "secrets.clock-mcp-credentials: servers.clock makes it from secretEnv and secretFiles: remove it here or there",
    ),
    (
        {"secrets.cortex-resource-manager-token": {**TOKEN, "namespace": "cortex-system"}},
        f"secrets.cortex-resource-manager-token: {TAKEN}",
    ),
    (
        {"configMaps.clock-mcp-config": SETTINGS, "servers.clock.config": {"a": ""}},
        "configMaps.clock-mcp-config: servers.clock makes it from config: remove it here or there",
    ),
    (
        {"configMaps.cortex-declaration": {**SETTINGS, "namespace": "cortex-system"}},
        f"configMaps.cortex-declaration: {TAKEN}",
    ),
    (
        {"configMaps.cortex-verification": {**SETTINGS, "namespace": "cortex-system"}},
        f"configMaps.cortex-verification: {TAKEN}",
    ),
    (
        {"servers.clock.secrets": [{"name": "token", "env": {"TOKEN": "token"}}]},
        "servers.clock.secrets.0.name: Secret 'token' is not declared: add it under cortex:secrets",
    ),
    (
        {
            "secrets.token": {**TOKEN, "namespace": "cortex-system"},
            "servers.clock.secrets": [{"name": "token", "mount": "/etc/token"}],
        },
        "servers.clock.secrets.0.name: Secret 'token' is in cortex-system, the server in cortex-mcp: "
        "a pod can use only objects of its own namespace, so declare another one there under another key",
    ),
    (
        {"servers.clock.configMaps": [{"name": "settings", "envFrom": True}]},
        "servers.clock.configMaps.0.name: ConfigMap 'settings' is not declared: add it under cortex:configMaps",
    ),
    (
        {
            "configMaps.settings": {**SETTINGS, "namespace": "cortex-system"},
            "servers.clock.configMaps": [{"name": "settings", "envFrom": True}],
        },
        "servers.clock.configMaps.0.name: ConfigMap 'settings' is in cortex-system, the server in cortex-mcp: "
        "a pod can use only objects of its own namespace, so declare another one there under another key",
    ),
    (
        {**MONITORING, "kubeStateMetrics": {"serviceMonitor": True}},
        "kubeStateMetrics.serviceMonitor: needs the custom resource ServiceMonitor: "
        "add it to cluster.customResources if the cluster has it, or remove this",
    ),
    (
        {**MONITORING, "kubeStateMetrics": {"alerts": {}}},
        "kubeStateMetrics.alerts: needs the custom resource PrometheusRule: "
        "add it to cluster.customResources if the cluster has it, or remove this",
    ),
    ({"servers.clock.egress": [NAMED]}, f"servers.clock.egress: {NEEDS_CILIUM}"),
    ({"namespaces.cortex-mcp.egress": [NAMED]}, f"namespaces.cortex-mcp.egress: {NEEDS_CILIUM}"),
    ({"verifier": {"image": "registry.test/cortex:1", "egress": [NAMED]}}, f"verifier.egress: {NEEDS_CILIUM}"),
    ({"agent": {"image": "registry.test/cortex:1", "egress": [NAMED]}}, f"agent.egress: {NEEDS_CILIUM}"),
    (
        {
            "cluster.customResources": ["CiliumNetworkPolicy"],
            "servers.clock.egress": [{**NAMED, "dnsNames": ["db.media.svc.cluster.local"]}],
        },
        "servers.clock.egress: 'db.media.svc.cluster.local' is a name inside the cluster, and dnsNames are for names "
        "outside: write the namespace and labels of the pods behind it",
    ),
    (
        {
            "cluster.customResources": ["CiliumNetworkPolicy"],
            "servers.clock.egress": [{**NAMED, "dnsNames": ["db.media.svc"]}],
        },
        "servers.clock.egress: 'db.media.svc' is a name inside the cluster, and dnsNames are for names "
        "outside: write the namespace and labels of the pods behind it",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
