from collections.abc import Mapping

import pulumi
import pytest

from components.autoscaling import stopping
from components.mcp_server import McpServer, McpServerArgs
from components.secret_inputs import pod_checksum, secret_data
from stacks.manifests.labels import endpoint
from stacks.manifests.pod_config import Content
from stacks.manifests.server import server_manifests
from stacks.manifests.site import Site
from stacks.model.server import Server
from tests.components.recording import MINIMAL, Recording, record

NAME = "cortex-mcp/demo-mcp-server"
SITE = Site(("cortex-system", "cortex-mcp"))


def served(
    *,
    values: Mapping[str, str] | None = None,
    shared: Mapping[str, Mapping[str, str]] | None = None,
    config_maps: Mapping[str, Mapping[str, str]] | None = None,
    site: Site = SITE,
    **settings: object,
) -> Recording:
    """Record one server of type `demo`; `values` are the clear values of its secrets, `shared` those of declared."""
    server = Server.model_validate({**MINIMAL, **settings})

    def program() -> None:
        content = Content(
            own=secret(values or {}),
            secrets={name: secret(data) for name, data in (shared or {}).items()},
            config_maps=config_maps or {},
        )
        hidden = {
            "Secret": secret_data(server.namespace, "demo-mcp-credentials", content.own),
            "Deployment": pod_checksum("demo", server, content),
        }
        manifests = server_manifests("demo", server, content, site)
        McpServer("demo", McpServerArgs(manifests, endpoint("demo", server), stopping("test"), hidden))

    return record(program)


def secret(values: Mapping[str, str]) -> dict[str, pulumi.Output[str]]:
    return {name: pulumi.Output.secret(value) for name, value in values.items()}


def test_deployment_and_pods_carry_the_seeds_labels_and_annotations() -> None:
    deployment = served(capabilities={"talos": ["a"], "cluster-management": []}, transport="stdio").of("Deployment")
    labels = {
        "app": "mcp-server",
        "mcp.cortex.dev/type": "demo",
        "mcp.cortex.dev/version": "1.0.0",
        "mcp.cortex.dev/protocol": "stdio",
        "cortex.dev/component": "mcp-server",
    }
    annotations = {
        "mcp.cortex.dev/capabilities": "cluster-management,talos",
        "mcp.cortex.dev/endpoint": "http://demo-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp",
    }
    assert deployment[NAME].at("metadata.labels") == labels
    assert deployment[NAME].at("metadata.annotations") == {**annotations, "pulumi.com/patchForce": "true"}
    assert deployment[NAME].at("spec.template.metadata.labels") == labels
    pod = deployment[NAME].at("spec.template.metadata.annotations")
    assert isinstance(pod, dict)
    assert {key: pod[key] for key in annotations} == annotations
    assert deployment[NAME].at("spec.selector.matchLabels") == {"app": "mcp-server", "mcp.cortex.dev/type": "demo"}


def test_container_is_as_declared() -> None:
    deployment = served(args=["--read-only"], env={"LOG_LEVEL": "info"}, replicas=3).one("Deployment")
    container = deployment.at("spec.template.spec.containers.0")
    assert container == {
        "name": "demo-mcp-server",
        "image": "registry.test/server:1",
        "imagePullPolicy": "IfNotPresent",
        "command": [],
        "args": ["--read-only"],
        "envFrom": [],
        "env": [{"name": "LOG_LEVEL", "value": "info"}],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "500m", "memory": "512Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        "livenessProbe": probe("/health", 30, 10, 5, 3),
        "readinessProbe": probe("/ready", 10, 5, 3, 3),
        "startupProbe": probe("/startup", 0, 5, 3, 30),
    }
    assert deployment.at("spec.replicas") == 3


def probe(path: str, delay: int, period: int, timeout: int, failures: int) -> dict[str, object]:
    return {
        "httpGet": {"path": path, "port": "http"},
        "initialDelaySeconds": delay,
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": failures,
        "successThreshold": 1,
    }


def test_rollout_keeps_every_replica() -> None:
    assert served().one("Deployment").at("spec.strategy") == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }


def test_service_leads_to_the_pods() -> None:
    service = served(port=9000).of("Service")[NAME]
    assert service.at("spec") == {
        "type": "ClusterIP",
        "externalIPs": [],
        "selector": {"app": "mcp-server", "mcp.cortex.dev/type": "demo"},
        "ports": [{"name": "http", "port": 9000, "targetPort": "http", "protocol": "TCP"}],
    }


def test_without_declared_access_there_is_neither_token_nor_binding() -> None:
    recording = served()
    assert recording.one("ServiceAccount").at("automountServiceAccountToken") is False
    assert recording.one("Deployment").at("spec.template.spec.automountServiceAccountToken") is False
    assert recording.of("RoleBinding") == {}


def test_declared_access_is_bound_in_the_declared_namespaces() -> None:
    recording = served(kubernetes={"clusterRole": "edit", "namespaces": ["cortex-mcp", "cortex-system"]})
    assert recording.one("ServiceAccount").at("automountServiceAccountToken") is False, "only its own pod asks for it"
    assert recording.one("Deployment").at("spec.template.spec.automountServiceAccountToken") is True
    bindings = recording.of("RoleBinding")
    assert set(bindings) == {NAME, "cortex-system/demo-mcp-server"}
    for binding in bindings.values():
        assert binding.at("roleRef") == {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "edit",
        }
        assert binding.at("subjects") == [
            {"kind": "ServiceAccount", "name": "demo-mcp-server", "namespace": "cortex-mcp"}
        ]


def test_nobody_reaches_a_server_without_clients() -> None:
    assert served().of("NetworkPolicy")[NAME].at("spec") == {
        "podSelector": {"matchLabels": {"app": "mcp-server", "mcp.cortex.dev/type": "demo"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [],
        "egress": [],
    }


def test_only_declared_clients_reach_the_port() -> None:
    clients = [{"namespace": "cortex-system"}, {"namespace": "monitoring", "labels": {"app": "prometheus"}}]
    recording = served(port=9000, clients=clients)
    assert recording.of("NetworkPolicy")[NAME].at("spec.ingress") == [
        {
            "from": [
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cortex-system"}}},
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
                    "podSelector": {"matchLabels": {"app": "prometheus"}},
                },
            ],
            "ports": [{"port": 9000, "protocol": "TCP"}],
        }
    ]


def test_clients_are_let_out_of_managed_namespaces_and_only_those() -> None:
    clients = [
        {"namespace": "cortex-system"},
        {"namespace": "cortex-system", "labels": {"app": "verifier"}},
        {"namespace": "monitoring"},
    ]
    policies = served(clients=clients).of("NetworkPolicy")
    assert len(policies) == 3
    assert policies["cortex-system/demo-mcp-server-client"].at("spec") == {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "ingress": [],
        "egress": [
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cortex-mcp"}},
                        "podSelector": {"matchLabels": {"app": "mcp-server", "mcp.cortex.dev/type": "demo"}},
                    }
                ],
                "ports": [{"port": 8080, "protocol": "TCP"}],
            }
        ],
    }
    (labelled,) = (name for name in policies if name.startswith("cortex-system/demo-mcp-server-client-"))
    assert policies[labelled].at("spec.podSelector") == {"matchLabels": {"app": "verifier"}}


def test_server_with_access_may_leave_for_the_api_alone() -> None:
    policy = served(kubernetes={"namespaces": ["cortex-mcp"]}).of("NetworkPolicy")[NAME]
    assert policy.at("spec.egress") == [
        {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]}
    ]


def test_without_config_and_secrets_there_are_no_such_objects() -> None:
    recording = served()
    assert recording.of("ConfigMap") == {}
    assert recording.of("Secret") == {}


def test_config_is_mounted_read_only() -> None:
    recording = served(config={"server-config.yaml": "server: {}\n"})
    assert recording.of("ConfigMap")["cortex-mcp/demo-mcp-config"].at("data") == {"server-config.yaml": "server: {}\n"}
    deployment = recording.one("Deployment")
    assert deployment.at("spec.template.spec.containers.0.volumeMounts.1") == {
        "name": "config",
        "mountPath": "/etc/mcp/config",
        "readOnly": True,
    }
    assert deployment.at("spec.template.spec.volumes.1.configMap.name") == "demo-mcp-config"


def test_secrets_reach_the_pod_by_env_and_by_file() -> None:
    recording = served(
        secretEnv={"TOKEN": "demo-token"},
        secretFiles={"ca.pem": "demo-ca"},
        values={"TOKEN": "hunter2", "ca.pem": "-----"},
    )
    secret = recording.of("Secret")["cortex-mcp/demo-mcp-credentials"]
    assert secret.at("data") == {"TOKEN": "aHVudGVyMg==", "ca.pem": "LS0tLS0="}
    deployment = recording.one("Deployment")
    assert deployment.at("spec.template.spec.containers.0.env") == [
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "demo-mcp-credentials", "key": "TOKEN"}}}
    ]
    assert deployment.at("spec.template.spec.volumes.1.secret") == {
        "secretName": "demo-mcp-credentials",
        "defaultMode": 0o440,
        "items": [{"key": "ca.pem", "path": "ca.pem"}],
    }


def test_what_comes_from_secrets_stays_secret() -> None:
    recording = served(secretEnv={"TOKEN": "demo-token"}, values={"TOKEN": "hunter2"})
    assert recording.one("Secret").secret_paths == {"data", "metadata.annotations.cortex.dev/checksum"}
    (path,) = recording.one("Deployment").secret_paths
    assert path == "spec.template.metadata.annotations.cortex.dev/checksum"
    assert "hunter2" not in str([r.inputs for r in recording.resources])


def checksum(recording: Recording) -> object:
    return recording.one("Deployment").at("spec.template.metadata.annotations.cortex~dev/checksum")


@pytest.mark.parametrize("after", [{"a": "2"}, {"b": "1"}, {}])
def test_changed_config_rolls_the_pods(after: dict[str, str]) -> None:
    before = checksum(served(config={"a": "1"}))
    assert before == checksum(served(config={"a": "1"}))
    assert before != checksum(served(config=after))


def test_changed_secret_rolls_the_pods() -> None:
    one, same, other = (
        checksum(served(secretEnv={"TOKEN": "t"}, values={"TOKEN": value})) for value in ("a", "a", "b")
    )
    assert one == same != other


def test_pods_start_after_what_they_need_and_their_guard() -> None:
    recording = served(
        config={"a": "1"},
        secretEnv={"TOKEN": "t"},
        values={"TOKEN": "v"},
        kubernetes={"namespaces": ["cortex-mcp"]},
    )
    waits = {urn.split("::")[-2].rpartition(":")[2] for urn in recording.one("Deployment").depends_on}
    assert waits == {"ServiceAccount", "NetworkPolicy", "RoleBinding", "ConfigMap", "Secret"}


def test_every_object_is_the_components_child_with_a_stable_type() -> None:
    recording = served()
    component, *children = recording.resources
    assert (component.type, component.name) == ("cortex:kubernetes:McpServer", "demo")
    assert children
    assert all(child.parent.endswith("cortex:kubernetes:McpServer::demo") for child in children)


def test_declared_secrets_reach_the_pod_by_env_and_by_folder() -> None:
    use = {"name": "talos-config", "env": {"TALOS_CONFIG": "talosconfig"}, "mount": "/home/mcp/.talos"}
    deployment = served(secrets=[use], shared={"talos-config": {"talosconfig": "hunter2"}}).one("Deployment")
    assert deployment.at("spec.template.spec.containers.0.env") == [
        {"name": "TALOS_CONFIG", "valueFrom": {"secretKeyRef": {"name": "talos-config", "key": "talosconfig"}}}
    ]
    assert deployment.at("spec.template.spec.containers.0.volumeMounts.1") == {
        "name": "secret-talos-config",
        "mountPath": "/home/mcp/.talos",
        "readOnly": True,
    }
    assert deployment.at("spec.template.spec.volumes.1") == {
        "name": "secret-talos-config",
        "secret": {"secretName": "talos-config", "defaultMode": 0o440},
    }


def test_declared_config_maps_reach_the_pod_by_env_and_by_folder() -> None:
    use = {"name": "shared", "envFrom": True, "mount": "/etc/shared"}
    deployment = served(configMaps=[use], config_maps={"shared": {"LOG_LEVEL": "info"}}).one("Deployment")
    assert deployment.at("spec.template.spec.containers.0.envFrom") == [{"configMapRef": {"name": "shared"}}]
    assert deployment.at("spec.template.spec.containers.0.volumeMounts.1.mountPath") == "/etc/shared"
    assert deployment.at("spec.template.spec.volumes.1") == {
        "name": "config-shared",
        "configMap": {"name": "shared", "defaultMode": 0o444},
    }


def test_volume_of_a_long_name_is_a_dns_label() -> None:
    name = "a" * 63
    deployment = served(configMaps=[{"name": name, "mount": "/etc/shared"}]).one("Deployment")
    volume = deployment.at("spec.template.spec.volumes.1.name")
    assert isinstance(volume, str)
    assert len(volume) == 63
    assert deployment.at("spec.template.spec.volumes.1.configMap.name") == name


def test_changed_declared_secret_or_config_map_rolls_the_pods() -> None:
    secrets, config_maps = [{"name": "s", "mount": "/s"}], [{"name": "c", "mount": "/c"}]

    def rolled(value: str, text: str) -> object:
        shared, plain = {"s": {"k": value}}, {"c": {"k": text}}
        return checksum(served(shared=shared, config_maps=plain, secrets=secrets, configMaps=config_maps))

    assert rolled("a", "a") == rolled("a", "a")
    assert len({rolled("a", "a"), rolled("b", "a"), rolled("a", "b")}) == 3


def test_declared_destinations_are_all_that_it_may_leave_for() -> None:
    egress = [{"cidrs": ["192.0.2.10/32", "10.0.0.0/24"], "ports": [50000]}]
    policy = served(egress=egress).of("NetworkPolicy")[NAME]
    assert policy.at("spec.egress") == [
        {
            "to": [{"ipBlock": {"cidr": "192.0.2.10/32"}}, {"ipBlock": {"cidr": "10.0.0.0/24"}}],
            "ports": [{"port": 50000, "protocol": "TCP"}],
        }
    ]


SELECTOR = {"matchLabels": {"app": "mcp-server", "mcp.cortex.dev/type": "demo"}}


def test_several_replicas_are_spread_and_survive_drains() -> None:
    recording = served(replicas=3, disruption={"maxUnavailable": 2})
    assert recording.of("PodDisruptionBudget")[NAME].at("spec") == {
        "maxUnavailable": 2,
        "selector": SELECTOR,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    assert recording.one("Deployment").at("spec.template.spec.topologySpreadConstraints") == [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": SELECTOR,
            "matchLabelKeys": ["pod-template-hash"],
        }
    ]


def test_single_replica_blocks_no_drain() -> None:
    recording = served(replicas=1)
    assert recording.of("PodDisruptionBudget") == {}
    pod = recording.one("Deployment").at("spec.template.spec")
    assert isinstance(pod, dict)
    assert "topologySpreadConstraints" not in pod


def test_autoscaler_owns_the_number_of_replicas() -> None:
    recording = served(autoscaling={"minReplicas": 2, "maxReplicas": 6, "cpuPercent": 70})
    assert recording.of("HorizontalPodAutoscaler")[NAME].at("spec") == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "demo-mcp-server"},
        "minReplicas": 2,
        "maxReplicas": 6,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
            }
        ],
    }
    deployment = recording.one("Deployment")
    assert (deployment.at("spec.replicas"), deployment.ignored) == (2, ("spec.replicas",)), "a number to begin with"
    assert served().one("Deployment").ignored == ()


def test_servers_with_access_reach_the_declared_api_servers_alone() -> None:
    site = Site(("cortex-mcp",), api_servers=("192.0.2.1/32", "2001:db8::/64"))
    policies = served(site=site, kubernetes={"namespaces": ["cortex-mcp"]}).of("NetworkPolicy")
    assert policies[NAME].at("spec.egress") == [
        {
            "to": [{"ipBlock": {"cidr": "192.0.2.1/32"}}, {"ipBlock": {"cidr": "2001:db8::/64"}}],
            "ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}],
        }
    ]
