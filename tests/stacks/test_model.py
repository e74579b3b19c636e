"""The model's defaults are the seed's figures; what it writes, it reads back."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stacks.model import Declaration
from stacks.namespace import Namespace
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
    },
)
DECLARATIONS = st.fixed_dictionaries(
    {
        "cluster": st.fixed_dictionaries(
            {"context": TEXTS.filter(bool), "environment": LABELS}, optional={"nodes": st.integers(1, 9)}
        ),
        "namespaces": st.fixed_dictionaries(
            {
                name: st.fixed_dictionaries({"component": LABELS, "description": TEXTS}, optional={"owner": TEXTS})
                for name in ("cortex-system", "cortex-mcp")
            }
        ),
    },
    optional={"servers": st.dictionaries(LABELS, SERVERS, max_size=3)},
)


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
