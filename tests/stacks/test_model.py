"""The model's defaults are the seed's figures; what it writes, it reads back."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stacks.kube_state_metrics import Alerts, KubeStateMetrics
from stacks.model import Declaration
from stacks.namespace import Namespace
from stacks.resource_manager import ResourceManager
from stacks.server import Server

NAMESPACE = Namespace(component="mcp-servers", description="MCP server deployments")
SERVER = Server(image="registry.test/server:1", version="1.0.0", transport="http", capabilities={"demo": ("tool",)})


def test_quota_is_the_seeds() -> None:
    assert NAMESPACE.quota.hard() == {
        "requests.cpu": "10",
        "requests.memory": "20Gi",
        "limits.cpu": "20",
        "limits.memory": "40Gi",
        "persistentvolumeclaims": "10",
        "pods": "50",
    }


def test_limit_range_is_the_seeds() -> None:
    assert NAMESPACE.limits.model_dump(by_alias=True) == {
        "max": {"cpu": "2", "memory": "4Gi"},
        "min": {"cpu": "50m", "memory": "64Mi"},
        "default": {"cpu": "200m", "memory": "256Mi"},
        "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
    }


def test_probes_are_the_seeds() -> None:
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


def test_server_is_the_seeds() -> None:
    assert SERVER.replicas == 2
    assert SERVER.port == 8080
    assert SERVER.namespace == "cortex-mcp"
    assert SERVER.resources.model_dump() == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"cpu": "500m", "memory": "512Mi"},
    }


def test_metrics_and_alerts_are_the_seeds() -> None:
    assert KubeStateMetrics().image == "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.10.0"
    assert KubeStateMetrics().namespace == "cortex-monitoring"
    assert Alerts().model_dump(exclude={"quota_percent"}) == {
        "restarts": 5,
        "restart_minutes": 10,
        "api_latency_ms": 200,
    }


def test_resource_manager_is_safer_than_the_seeds() -> None:
    assert ResourceManager().model_dump() == {
        "scope": "namespaces",
        "token": "bound",
        "readable_secrets": {},
        "exec_in": (),
    }


def test_owner_and_pod_security_have_defaults() -> None:
    assert (NAMESPACE.owner, NAMESPACE.pod_security) == ("resource-manager", "restricted")


LABELS = st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
KEYS = st.from_regex(r"[A-Za-z][-A-Za-z0-9_.]{0,20}", fullmatch=True)
ENV = st.from_regex(r"[A-Z_][A-Z0-9_]{0,10}", fullmatch=True)
ACCESS = st.none() | st.fixed_dictionaries({"namespaces": st.just(["cortex-mcp"])})
CLIENTS = st.fixed_dictionaries({"namespace": LABELS}, optional={"labels": st.dictionaries(LABELS, LABELS)})
SMOKE = st.none() | st.fixed_dictionaries(
    {"tool": TEXTS},
    optional={
        "arguments": st.dictionaries(
            TEXTS, TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
        )
    },
)
SERVERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "image": st.just("registry.test/server:1"),
        "version": LABELS,
        "transport": st.sampled_from(["http", "stdio"]),
        "capabilities": st.dictionaries(LABELS, st.lists(TEXTS, max_size=3), min_size=1, max_size=3),
    },
    optional={
        "replicas": st.integers(0, 3),
        "port": st.integers(1, 65535),
        "args": st.lists(TEXTS, max_size=3),
        "env": st.dictionaries(ENV.map("A{}".format), TEXTS, max_size=3),
        "config": st.dictionaries(KEYS, TEXTS, max_size=3),
        "secretEnv": st.dictionaries(ENV.map("B{}".format), KEYS, max_size=3),
        "secretFiles": st.dictionaries(ENV.map("C{}".format), KEYS, max_size=3),
        "clients": st.lists(CLIENTS, max_size=2, unique_by=lambda client: str(client["namespace"])),
        "kubernetes": ACCESS,
        "smoke": SMOKE,
        "egress": st.just([{"cidrs": ["192.0.2.0/24", "2001:db8::/32"], "ports": [443]}]),
        "disruption": st.fixed_dictionaries({"maxUnavailable": st.integers(1, 3)}),
    },
) | st.fixed_dictionaries(
    {
        "image": st.just("registry.test/scaled:1"),
        "version": LABELS,
        "transport": st.just("http"),
        "capabilities": st.just({"demo": ["tool"]}),
        "autoscaling": st.fixed_dictionaries({"minReplicas": st.integers(1, 2), "maxReplicas": st.integers(2, 4)}),
    }
)
SOURCES = st.one_of(
    KEYS.map(lambda key: {"pulumi": key}),
    TEXTS.map(lambda text: {"literal": text}),
    TEXTS.map(lambda text: {"file": text}),
)
SECRET_KEYS = st.dictionaries(KEYS, SOURCES, min_size=1, max_size=3)
STORES = st.fixed_dictionaries(
    {"store": TEXTS.filter(bool), "keys": st.dictionaries(KEYS, TEXTS, min_size=1, max_size=2)},
    optional={"storeKind": st.sampled_from(["ClusterSecretStore", "SecretStore"]), "refresh": st.just("30m")},
)
SECRETS = st.one_of(
    SECRET_KEYS.map(lambda keys: {"keys": keys}),
    STORES.map(lambda external: {"external": external}),
    st.lists(KEYS, min_size=1, max_size=2, unique=True).map(lambda keys: {"existing": keys}),
).map(lambda kind: {"namespace": "cortex-mcp", **kind})
CONFIG_MAPS = st.dictionaries(KEYS, TEXTS, min_size=1, max_size=2).map(
    lambda data: {"namespace": "cortex-mcp", "data": data}
)
MANAGERS = st.fixed_dictionaries(
    {},
    optional={
        "scope": st.sampled_from(["namespaces", "cluster"]),
        "token": st.sampled_from(["bound", "legacy"]),
        "execIn": st.just(["cortex-mcp"]),
    },
)
METRICS = st.fixed_dictionaries(
    {"namespace": st.just("cortex-system")},
    optional={
        "scrapers": st.lists(LABELS, max_size=2),
        "serviceMonitor": st.booleans(),
        "alerts": st.fixed_dictionaries({}, optional={"quotaPercent": st.integers(1, 100)}),
    },
)
VERIFIERS = st.fixed_dictionaries(
    {"image": st.just("registry.test/cortex:1")}, optional={"schedule": st.just("0 * * * *")}
)


@st.composite
def declarations(draw: st.DrawFn) -> dict[str, Any]:
    """Draw valid settings; each server uses some of the declared Secrets and ConfigMaps."""
    parts: dict[str, Any] = {
        "cluster": {
            "context": draw(TEXTS.filter(bool)),
            "environment": draw(LABELS),
            "nodes": draw(st.integers(1, 9)),
            "customResources": ["ExternalSecret", "PrometheusRule", "ServiceMonitor"],
        },
        "namespaces": {
            name: {"component": draw(LABELS), "description": draw(TEXTS)} for name in ("cortex-system", "cortex-mcp")
        },
        "secrets": draw(st.dictionaries(LABELS.map("s{}".format), SECRETS, max_size=2)),
        "configMaps": draw(st.dictionaries(LABELS.map("c{}".format), CONFIG_MAPS, max_size=2)),
        "servers": draw(st.dictionaries(LABELS, SERVERS, max_size=3)),
    }
    for server in parts["servers"].values():
        for field in ("secrets", "configMaps"):
            names = draw(st.lists(st.sampled_from(sorted(parts[field])), unique=True)) if parts[field] else []
            server[field] = [{"name": name, "mount": f"/etc/{field}/{number}"} for number, name in enumerate(names)]
    for key, strategy in (("resourceManager", MANAGERS), ("kubeStateMetrics", METRICS), ("verifier", VERIFIERS)):
        if draw(st.booleans()):
            parts[key] = draw(strategy)
    return parts


DECLARATIONS = declarations()


@given(DECLARATIONS)
def test_canonical_json_gives_the_same_declaration_back(settings: dict[str, Any]) -> None:
    declaration = Declaration.model_validate(settings)
    again = Declaration.model_validate_json(declaration.canonical())
    assert again == declaration
    assert again.canonical() == declaration.canonical()


@given(DECLARATIONS)
def test_hash_does_not_depend_on_the_order_of_settings(settings: dict[str, Any]) -> None:
    turned = {key: dict(reversed(value.items())) for key, value in reversed(settings.items())}
    assert Declaration.model_validate(turned).digest() == Declaration.model_validate(settings).digest()


def test_hash_changes_with_any_setting() -> None:
    def digest(**settings: object) -> str:
        namespaces = dict.fromkeys(("cortex-system", "cortex-mcp"), NAMESPACE)
        cluster = {"context": "test", "environment": "testing", **settings}
        return Declaration.model_validate({"cluster": cluster, "namespaces": namespaces}).digest()

    assert len({digest(), digest(nodes=2), digest(context="other"), digest(networkPolicies="ignored")}) == 4
