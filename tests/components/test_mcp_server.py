"""The pods and the Service of an MCP server."""

from tests.components.served import NAME, served


def test_deployment_and_pods_carry_the_discovery_labels_and_annotations() -> None:
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


def test_service_leads_to_the_pods() -> None:
    service = served(port=9000).of("Service")[NAME]
    assert service.at("spec") == {
        "type": "ClusterIP",
        "externalIPs": [],
        "selector": {"app": "mcp-server", "mcp.cortex.dev/type": "demo"},
        "ports": [{"name": "http", "port": 9000, "targetPort": "http", "protocol": "TCP"}],
    }


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
