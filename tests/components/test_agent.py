from collections.abc import Iterator, Mapping
from typing import Any, cast

from components.agent import Agent, AgentArgs
from stacks.manifests.agent import agent_manifests
from stacks.manifests.site import Site
from stacks.model.agent import Agent as Declared
from tests.components.recording import Recording, record
from tests.components.test_restricted import violations

IMAGE = "registry.test/cortex:1"
LABELS = {"app": "cortex-agent", "cortex.dev/component": "agent"}
SITE = Site(("cortex-mcp", "cortex-system"))
Right = tuple[str, str, str, str]
"""Namespace or nothing, verb, resource with its group, object or nothing."""


def agent(site: Site = SITE, digest: str = "0123", **settings: object) -> Recording:
    declared = Declared.model_validate({"image": IMAGE, **settings})
    return record(lambda: Agent("agent", AgentArgs(agent_manifests(declared, site, digest))))


def spec(recording: Recording, kind: str = "Deployment") -> dict[str, Any]:
    return cast("dict[str, Any]", recording.one(kind).at("spec"))


def test_pods_follow_the_cluster_they_run_on() -> None:
    template = spec(agent())["template"]
    assert template["metadata"]["labels"] == LABELS
    pod = template["spec"]
    assert violations(pod) == []
    (container,) = pod["containers"]
    assert container["image"] == IMAGE
    log = ["--log", "/var/log/cortex", "--listen", "0.0.0.0:9440"]
    assert container["command"] == ["cortex", "agent", "--in-cluster", *log]
    assert container["env"] == [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/tmp", "/var/log/cortex"}
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("liveness", "readiness")}
    assert probes == {
        "liveness": {"path": "/healthz", "port": "http"},
        "readiness": {"path": "/readyz", "port": "http"},
    }
    assert container["ports"] == [{"name": "http", "containerPort": 9440, "protocol": "TCP"}]
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("cortex-agent", True)
    assert pod["terminationGracePeriodSeconds"] == 15


def test_another_declaration_restarts_the_pods() -> None:
    one, other = (spec(agent(digest=digest))["template"]["metadata"] for digest in ("a", "b"))
    assert one != other


def test_a_rollout_always_leaves_a_pod_that_can_lead() -> None:
    found = agent()
    assert spec(found)["replicas"] == 2
    assert spec(found)["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }
    assert spec(found)["template"]["spec"]["topologySpreadConstraints"][0]["topologyKey"] == "kubernetes.io/hostname"
    assert spec(found, "PodDisruptionBudget")["maxUnavailable"] == 1
    assert agent(replicas=1).of("PodDisruptionBudget") == {}


def test_the_log_is_a_folder_of_the_pod_that_a_full_log_does_not_fill() -> None:
    volumes = spec(agent(log={"size": "1Gi"}))["template"]["spec"]["volumes"]
    assert {"name": "log", "emptyDir": {"sizeLimit": str(2 * 2**30)}} in volumes


def test_a_claim_outlives_the_pods() -> None:
    found = agent(replicas=1, log={"claim": {"size": "2Gi", "storageClass": "fast"}})
    claim = found.one("PersistentVolumeClaim")
    assert (claim.retained, claim.at("metadata.labels")) == (True, {"app": "cortex-agent"})
    assert claim.at("spec") == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "2Gi"}},
    }
    assert {"name": "log", "persistentVolumeClaim": {"claimName": "cortex-agent-log"}} in (
        spec(found)["template"]["spec"]["volumes"]
    )
    assert spec(found)["strategy"] == {"type": "Recreate"}, "the claim can be on one node only"


def test_nobody_reaches_the_pods_unless_metrics_are_declared() -> None:
    policy = spec(agent(), "NetworkPolicy")
    assert policy["ingress"] == []
    assert policy["egress"] == [{"ports": [{"port": port, "protocol": "TCP"} for port in (443, 6443)]}]


def test_the_scraper_reaches_the_metrics_and_is_let_out_of_a_managed_namespace() -> None:
    site = Site(("cortex-monitoring", "cortex-system"))
    scraper = {"namespace": "cortex-monitoring", "labels": {"app": "prometheus"}}
    policies = agent(site, metrics={"scraper": scraper}).of("NetworkPolicy")
    assert policies["cortex-system/cortex-agent"].at("spec.ingress") == [
        {
            "from": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cortex-monitoring"}},
                    "podSelector": {"matchLabels": {"app": "prometheus"}},
                }
            ],
            "ports": [{"port": 9440, "protocol": "TCP"}],
        }
    ]
    client = policies["cortex-monitoring/cortex-agent-client"]
    assert client.at("spec.podSelector") == {"matchLabels": {"app": "prometheus"}}
    assert client.at("spec.policyTypes") == ["Egress"]
    elsewhere = agent(site, metrics={"scraper": {"namespace": "prometheus"}}).of("NetworkPolicy")
    assert set(elsewhere) == {"cortex-system/cortex-agent"}


def test_prometheus_selects_monitor_and_alert_by_their_labels() -> None:
    found = agent(metrics={"serviceMonitor": True, "alerts": True, "monitorLabels": {"release": "p"}})
    monitor, rule = found.one("ServiceMonitor"), found.one("PrometheusRule")
    assert monitor.at("metadata.labels") == rule.at("metadata.labels") == {**LABELS, "release": "p"}
    assert monitor.at("spec.endpoints") == [{"port": "http", "honorLabels": True}]
    assert rule.at("spec.groups.0.rules.0.alert") == "CortexAgentSilent"


def granted(recording: Recording) -> set[Right]:
    """Give all that the account may do, by following the bindings."""
    rights: set[Right] = set()
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for name, binding in recording.of(kind).items():
            namespace = name.split("/")[0] if kind == "RoleBinding" else ""
            account = {"kind": "ServiceAccount", "name": "cortex-agent", "namespace": "cortex-system"}
            assert binding.at("subjects") == [account]
            role_kind, role_name = str(binding.at("roleRef.kind")), str(binding.at("roleRef.name"))
            place = role_name if role_kind == "ClusterRole" else f"{namespace}/{role_name}"
            for rule in cast("list[Mapping[str, list[str]]]", recording.of(role_kind)[place].at("rules")):
                rights |= set(_rights(namespace, rule))
    return rights


def _rights(namespace: str, rule: Mapping[str, list[str]]) -> Iterator[Right]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                for name in rule.get("resourceNames", [""]):
                    yield namespace, verb, f"{resource}.{group}".rstrip("."), name


FOLLOWED: set[tuple[str, str]] = {
    *((verb, kind) for verb in ("list", "watch") for kind in ("configmaps", "events", "pods", "resourcequotas")),
    ("get", "pods"),
    ("get", "pods/log"),
}
LEASES = "leases.coordination.k8s.io"
OWN: set[Right] = {
    ("cortex-system", "get", "configmaps", "cortex-declaration"),
    ("cortex-system", "get", LEASES, "cortex-agent"),
    ("cortex-system", "patch", LEASES, "cortex-agent"),
    ("cortex-system", "create", LEASES, ""),
}
NODES: set[Right] = {("", verb, "nodes", "") for verb in ("get", "list", "watch")} | {("", "list", "pods", "")}
NODE_EVENTS: set[Right] = {("default", verb, "events", "") for verb in ("list", "watch")}


def followed(*namespaces: str) -> set[Right]:
    return {(namespace, verb, kind, "") for namespace in namespaces for verb, kind in FOLLOWED}


def test_it_may_read_what_it_follows_and_change_its_lease_alone() -> None:
    assert granted(agent()) == followed(*SITE.namespaces) | NODES | NODE_EVENTS | OWN


def test_an_existing_namespace_with_objects_of_the_stack_is_followed_too() -> None:
    with_default = granted(agent(Site(SITE.namespaces, occupied=("default",))))
    assert with_default == followed(*SITE.namespaces, "default") | NODES | OWN


def test_each_action_is_one_permission_more() -> None:
    least = granted(agent())
    assert granted(agent(actions=["cordon"])) - least == {("", "patch", "nodes", "")}
    assert granted(agent(actions=["restart"])) - least == {
        (namespace, "delete", "pods", "") for namespace in SITE.namespaces
    }


def test_the_token_is_in_its_pods_alone() -> None:
    assert agent().one("ServiceAccount").at("automountServiceAccountToken") is False
