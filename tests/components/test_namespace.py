from collections.abc import Mapping

import pytest

from components.namespace import ManagedNamespace, ManagedNamespaceArgs
from stacks.manifests.namespace import namespace_manifests
from stacks.model.declaration import Cluster
from stacks.model.environment import is_production
from stacks.model.namespace import Namespace, Quota
from tests.components.recording import Recording, record


def managed(
    environment: str = "production", cluster_settings: Mapping[str, object] | None = None, **settings: object
) -> Recording:
    namespace = Namespace.model_validate(
        {"component": "mcp-servers", "description": "MCP server deployments", **settings}
    )
    cluster = Cluster.model_validate({"context": "test", "environment": environment, **(cluster_settings or {})})
    args = ManagedNamespaceArgs(namespace_manifests("cortex-mcp", namespace, cluster), is_production(environment))
    return record(lambda: ManagedNamespace("cortex-mcp", args))


def test_namespace_has_labels_annotations_and_pod_security() -> None:
    assert managed().one("Namespace").at("metadata") == {
        "name": "cortex-mcp",
        "labels": {
            "cortex.dev/component": "mcp-servers",
            "environment": "production",
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/enforce-version": "latest",
            "pod-security.kubernetes.io/audit": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
        },
        "annotations": {
            "cortex.dev/description": "MCP server deployments",
            "cortex.dev/owner": "resource-manager",
        },
    }


def test_declared_pod_security_level_is_used() -> None:
    labels = managed(podSecurity="baseline").one("Namespace").at("metadata.labels")
    assert isinstance(labels, dict)
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"baseline"}


def test_quota_has_the_default_figures() -> None:
    quota = managed().of("ResourceQuota")["cortex-mcp/cortex-mcp-quota"]
    assert quota.at("spec.hard") == Quota().hard()


def test_limit_range_has_the_default_figures() -> None:
    limits = managed().of("LimitRange")["cortex-mcp/cortex-mcp-limits"]
    assert limits.at("spec.limits") == [
        {
            "type": "Container",
            "max": {"cpu": "2", "memory": "4Gi"},
            "min": {"cpu": "50m", "memory": "64Mi"},
            "default": {"cpu": "200m", "memory": "256Mi"},
            "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
        }
    ]


def test_all_traffic_is_denied_by_default() -> None:
    policy = managed().of("NetworkPolicy")["cortex-mcp/default-deny"]
    nothing: dict[str, object] = {"ingress": [], "egress": []}
    assert policy.at("spec") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], **nothing}


def test_dns_pods_may_be_asked() -> None:
    policy = managed().of("NetworkPolicy")["cortex-mcp/allow-dns"]
    assert policy.at("spec") == {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "ingress": [],
        "egress": [
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                    }
                ],
                "ports": [{"port": port, "protocol": protocol} for port in (53, 1053) for protocol in ("UDP", "TCP")],
            }
        ],
    }


def test_declared_destinations_may_be_reached_by_every_pod() -> None:
    recording = managed(egress=[{"cidrs": ["192.0.2.10/32", "10.0.0.0/24"], "ports": [443, 5432]}])
    assert recording.of("NetworkPolicy")["cortex-mcp/allow-egress"].at("spec") == {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "ingress": [],
        "egress": [
            {
                "to": [{"ipBlock": {"cidr": "192.0.2.10/32"}}, {"ipBlock": {"cidr": "10.0.0.0/24"}}],
                "ports": [{"port": 443, "protocol": "TCP"}, {"port": 5432, "protocol": "TCP"}],
            }
        ],
    }


def test_dns_names_that_every_pod_may_reach_have_a_policy_under_a_name_of_the_namespace() -> None:
    policy = managed(egress=[{"dnsNames": ["api.example.com"], "ports": [443]}]).one("CiliumNetworkPolicy")
    assert policy.name == "cortex-mcp-allow-egress"
    assert policy.at("metadata.name") == "allow-egress"
    assert policy.at("spec.endpointSelector") == {}


@pytest.mark.parametrize(("environment", "kept"), [("production", True), ("prod-eu", True), ("staging", False)])
def test_a_namespace_of_production_is_not_deleted_by_accident(environment: str, kept: bool) -> None:
    recording = managed(environment)
    assert recording.one("Namespace").protected is kept
    assert not recording.of("ResourceQuota")["cortex-mcp/cortex-mcp-quota"].protected


def test_what_is_inside_waits_for_the_namespace() -> None:
    recording = managed()
    inside = [r for r in recording.resources if "namespace" in dict(r.inputs.get("metadata", {}))]  # type: ignore[call-overload]
    assert len(inside) == 4
    assert all(any(urn.endswith(":Namespace::cortex-mcp") for urn in r.depends_on) for r in inside)
