"""Namespaces that the stack uses and does not own, and Secrets of one name in two of them."""

from collections.abc import Mapping
from typing import Any

from stacks.loader import parse
from stacks.manifests.build import build
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration
from tests.stacks.wrong import TOKEN, VALID

Json = dict[str, Any]
CLOCK: Mapping[str, object] = VALID["servers"]["clock"]  # type: ignore[index]


def declared(**changes: object) -> Declaration:
    clock = {**CLOCK, "namespace": "default", "clients": [{"namespace": "cortex-mcp"}, {"namespace": "monitoring"}]}
    return parse(
        {**VALID, "existingNamespaces": ["default", "kube-system"], "servers": {"clock": clock}, **changes}, ""
    )


def inside(declaration: Declaration, *namespaces: str) -> list[tuple[str, str]]:
    return [(each.kind, each.name) for each in build(declaration) if each.namespace in namespaces]


def one(declaration: Declaration, kind: str, name: str, namespace: str = "default") -> Manifest:
    return next(each for each in build(declaration) if each.identity == (kind, namespace, name))


def egress(declaration: Declaration) -> Any:
    return one(declaration, "NetworkPolicy", "clock-mcp-server").document()["spec"]["egress"]  # type: ignore[index, call-overload]


def test_a_server_has_its_own_objects_there_and_nothing_else() -> None:
    assert inside(declared(), "default", "kube-system") == [
        ("ServiceAccount", "clock-mcp-server"),
        ("NetworkPolicy", "clock-mcp-server"),
        ("PodDisruptionBudget", "clock-mcp-server"),
        ("Deployment", "clock-mcp-server"),
        ("Service", "clock-mcp-server"),
    ]


def test_a_clients_policy_lies_in_managed_namespaces_alone() -> None:
    assert ("NetworkPolicy", "clock-mcp-server-client") in inside(declared(), "cortex-mcp")
    policies = [each.namespace for each in build(declared()) if each.kind == "NetworkPolicy"]
    assert set(policies) == {"cortex-system", "cortex-mcp", "default"}


def test_a_server_that_is_a_client_there_is_let_out_because_its_own_policy_denies() -> None:
    other = {**CLOCK, "clients": [{"namespace": "default", "labels": {"mcp.cortex.dev/type": "clock"}}]}
    both = declared(servers={"clock": {**CLOCK, "namespace": "default"}, "other": other})
    assert any(name.startswith("other-mcp-server-client") for _, name in inside(both, "default"))


def test_its_pods_may_ask_the_dns_which_no_other_policy_allows_there() -> None:
    dns = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    (rule,) = egress(declared())
    assert rule["to"] == [dns]
    assert {(port["port"], port["protocol"]) for port in rule["ports"]} >= {(53, "UDP"), (53, "TCP")}


def test_declared_dns_and_domain_are_used_everywhere() -> None:
    openshift = {
        "namespace": "openshift-dns",
        "labels": {"dns.operator.openshift.io/daemonset-dns": "default"},
        "ports": [5353],
        "cidrs": ["169.254.20.10/32"],
    }
    cluster = {"context": "prod", "environment": "production", "dns": openshift, "domain": "corp.test"}
    declaration = declared(cluster=cluster)
    rule: Any = {
        "to": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "openshift-dns"}},
                "podSelector": {"matchLabels": openshift["labels"]},
            },
            {"ipBlock": {"cidr": "169.254.20.10/32"}},
        ],
        "ports": [{"port": 5353, "protocol": "UDP"}, {"port": 5353, "protocol": "TCP"}],
    }
    assert egress(declaration) == [rule]
    assert one(declaration, "NetworkPolicy", "allow-dns", "cortex-mcp").content["spec"]["egress"] == [rule]  # type: ignore[index, call-overload]
    url = one(declaration, "Deployment", "clock-mcp-server").annotations["mcp.cortex.dev/endpoint"]
    assert url == "http://clock-mcp-server.default.svc.corp.test:8080/mcp"


def test_secrets_of_one_name_lie_in_two_namespaces_and_servers_refer_to_keys() -> None:
    secrets = {"a": {**TOKEN, "name": "creds"}, "b": {**TOKEN, "name": "creds", "namespace": "default"}}
    maps = {"m": {"namespace": "default", "name": "my.settings", "data": {"LEVEL": "info"}}}
    uses = {
        "secrets": [{"name": "b", "env": {"TOKEN": "token"}, "mount": "/etc/creds"}],
        "configMaps": [{"name": "m", "envFrom": True, "mount": "/etc/settings"}],
    }
    servers = {"clock": {**CLOCK, "namespace": "default", **uses}}
    declaration = declared(secrets=secrets, configMaps=maps, servers=servers)
    kinds = {"Secret", "ConfigMap"}
    made = [each for each in build(declaration) if each.kind in kinds and each.declared_at]
    assert [(each.namespace, each.name, each.labels["cortex.dev/component"]) for each in made] == [
        ("cortex-mcp", "creds", "mcp-servers"),
        ("default", "creds", "mcp-server"),
        ("default", "my.settings", "mcp-server"),
    ]
    pod: Any = one(declaration, "Deployment", "clock-mcp-server").document()["spec"]
    pod = pod["template"]["spec"]
    container = pod["containers"][0]
    assert container["env"][0]["valueFrom"]["secretKeyRef"] == {"name": "creds", "key": "token"}
    assert container["envFrom"] == [{"configMapRef": {"name": "my.settings"}}]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["secret-creds"]["secret"]["secretName"] == "creds"
    (name,) = (name for name in volumes if name.startswith("config-my-settings-"))
    assert volumes[name]["configMap"]["name"] == "my.settings"
    assert "." not in name


def test_a_namespace_can_be_without_quota_and_limits() -> None:
    space = {"component": "m", "description": "d", "quota": None, "limits": None}
    declaration = declared(namespaces={**VALID["namespaces"], "cortex-mcp": space})  # type: ignore[dict-item]
    assert {kind for kind, _ in inside(declaration, "cortex-mcp")} == {"NetworkPolicy"}


def test_alerts_watch_the_servers_there_and_not_their_neighbours() -> None:
    cluster = {"context": "prod", "environment": "production", "customResources": ["PrometheusRule"]}
    metrics = {"image": "registry.test/ksm:1", "namespace": "cortex-mcp", "alerts": {}}
    rule: Any = one(
        declared(cluster=cluster, kubeStateMetrics=metrics), "PrometheusRule", "cortex-alerts", "cortex-mcp"
    )
    alerts = {each["alert"]: each["expr"] for each in rule.content["spec"]["groups"][0]["rules"]}
    there = '{namespace="default",deployment=~"clock-mcp-server"}'
    assert alerts["CortexDeploymentUnavailable"].endswith(
        f" or kube_deployment_spec_replicas{there} > kube_deployment_status_replicas_available{there}"
    )
    assert '{namespace="default",container=~"clock-mcp-server"}' in alerts["CortexContainerRestarts"]
    assert "default" not in alerts["CortexQuotaNearExhaustion"]
