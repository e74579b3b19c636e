"""The model's defaults are the required figures; what it writes, it reads back."""

from typing import Any

from hypothesis import given

from stacks.model.declaration import Declaration
from stacks.model.kube_state_metrics import Alerts, KubeStateMetrics
from stacks.model.namespace import Namespace
from stacks.model.resource_manager import ResourceManager
from stacks.model.server import Server
from tests.stacks.strategies import BRIEF, declarations

NAMESPACE = Namespace(component="mcp-servers", description="MCP server deployments")
SERVER = Server(image="registry.test/server:1", version="1.0.0", transport="http", capabilities={"demo": ("tool",)})


def test_quota_has_the_required_defaults() -> None:
    assert NAMESPACE.quota is not None
    assert NAMESPACE.quota.hard() == {
        "requests.cpu": "10",
        "requests.memory": "20Gi",
        "limits.cpu": "20",
        "limits.memory": "40Gi",
        "persistentvolumeclaims": "10",
        "pods": "50",
    }


def test_limit_range_has_the_required_defaults() -> None:
    assert NAMESPACE.limits is not None
    assert NAMESPACE.limits.model_dump(by_alias=True) == {
        "max": {"cpu": "2", "memory": "4Gi"},
        "min": {"cpu": "50m", "memory": "64Mi"},
        "default": {"cpu": "200m", "memory": "256Mi"},
        "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
    }


def test_probes_have_the_required_defaults() -> None:
    probes = SERVER.probes
    assert [
        (
            probe.path,
            probe.initial_delay_seconds,
            probe.period_seconds,
            probe.timeout_seconds,
            probe.failure_threshold,
            probe.success_threshold,
        )
        for probe in (probes.liveness, probes.readiness, probes.startup)
    ] == [("/health", 30, 10, 5, 3, 1), ("/ready", 10, 5, 3, 3, 1), ("/startup", 0, 5, 3, 30, 1)]


def test_server_has_the_required_defaults() -> None:
    assert SERVER.replicas == 2
    assert SERVER.port == 8080
    assert SERVER.namespace == "cortex-mcp"
    assert SERVER.resources.model_dump() == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"cpu": "500m", "memory": "512Mi"},
    }


def test_metrics_and_alerts_have_the_required_defaults() -> None:
    assert KubeStateMetrics().image == "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.10.0"
    assert KubeStateMetrics().namespace == "cortex-monitoring"
    assert Alerts().model_dump(exclude={"quota_percent"}) == {
        "restarts": 5,
        "restart_minutes": 10,
        "api_latency_ms": 200,
    }


def test_resource_manager_has_the_safer_settings_by_default() -> None:
    assert ResourceManager().model_dump() == {
        "scope": "namespaces",
        "token": "bound",
        "readable_secrets": {},
        "exec_in": (),
    }


def test_owner_and_pod_security_have_defaults() -> None:
    assert (NAMESPACE.owner, NAMESPACE.pod_security) == ("resource-manager", "restricted")


@BRIEF
@given(declarations())
def test_canonical_json_gives_the_same_declaration_back_and_no_order_changes_the_hash(settings: dict[str, Any]) -> None:
    declaration = Declaration.model_validate(settings)
    again = Declaration.model_validate_json(declaration.canonical())
    assert again == declaration
    assert again.canonical() == declaration.canonical()
    turned = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in reversed(settings.items())
    }
    assert Declaration.model_validate(turned).digest() == declaration.digest()


def test_hash_changes_with_any_setting() -> None:
    def digest(**settings: object) -> str:
        namespaces = dict.fromkeys(("cortex-system", "cortex-mcp"), NAMESPACE)
        cluster = {"context": "test", "environment": "testing", **settings}
        return Declaration.model_validate({"cluster": cluster, "namespaces": namespaces}).digest()

    assert len({digest(), digest(nodes=2), digest(context="other"), digest(networkPolicies="ignored")}) == 4


def test_defaults_of_kubernetes_can_be_spelled_out() -> None:
    usual: dict[str, object] = {
        "controller": "Deployment",
        "rollout": {"strategy": "RollingUpdate"},
        "service": {"type": "ClusterIP", "sessionAffinity": "None", "externalTrafficPolicy": "Cluster"},
        "securityContext": {
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "seccompProfile": "RuntimeDefault",
        },
    }
    server: dict[str, object] = {"image": "a:1", "version": "1", "transport": "http", "capabilities": {"a": ["b"]}}
    empty: dict[str, object] = {key: {} for key in usual if key != "controller"}
    assert Server.model_validate({**server, **usual}) == Server.model_validate({**server, **empty})
