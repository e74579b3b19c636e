"""Security contexts, resources and probes of pods."""

import pytest

from stacks.manifests.pods import container_security, pod_security, probe, resources
from stacks.model.probe import Probes
from stacks.model.resources import Resources
from stacks.model.security_context import SecurityContext


@pytest.mark.parametrize(
    ("declared", "ids"),
    [
        ({}, (65532, 65532, 65532)),
        ({"runAsUser": 1000}, (1000, 1000, 1000)),
        ({"runAsUser": 1000, "runAsGroup": 5, "fsGroup": 7}, (1000, 5, 7)),
        ({"runAsUser": "assigned"}, (None, None, None)),
        ({"runAsNonRoot": False}, (None, None, None)),
        ({"runAsNonRoot": False, "runAsUser": 0}, (0, 0, 0)),
    ],
)
def test_users_and_groups(declared: dict[str, object], ids: tuple[int | None, ...]) -> None:
    made = pod_security(SecurityContext.model_validate(declared))
    assert (made.get("runAsUser"), made.get("runAsGroup"), made.get("fsGroup")) == ids
    assert made["runAsNonRoot"] is (declared.get("runAsNonRoot") is None)


def test_a_container_has_only_what_is_added() -> None:
    assert container_security() == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    made = container_security(SecurityContext.model_validate({"addCapabilities": ["CHOWN"]}))
    assert made["capabilities"] == {"drop": ["ALL"], "add": ("CHOWN",)}


def test_extended_resources_are_requested_and_limited_alike() -> None:
    made = resources(Resources.model_validate({"limits": {"cpu": None}, "extended": {"nvidia.com/gpu": 1}}))
    assert made["limits"] == {"memory": "512Mi", "nvidia.com/gpu": "1"}
    assert made["requests"] == {"cpu": "100m", "memory": "128Mi", "nvidia.com/gpu": "1"}


@pytest.mark.parametrize(
    ("declared", "action"),
    [
        ({}, {"httpGet": {"path": "/health", "port": "http"}}),
        ({"path": "/live"}, {"httpGet": {"path": "/live", "port": "http"}}),
        ({"tcpSocket": {}}, {"tcpSocket": {"port": "http"}}),
        ({"tcpSocket": {"port": 9}}, {"tcpSocket": {"port": 9}}),
        ({"exec": {"command": ["a"]}}, {"exec": {"command": ("a",)}}),
        ({"grpc": {}}, {"grpc": {"port": 8080}}),
        ({"mcp": {"image": "registry.test/cortex:1"}}, {"exec": {"command": ("ask",)}}),
        (
            {"httpGet": {"path": "/", "scheme": "HTTPS", "headers": {"A": "b"}}},
            {
                "httpGet": {
                    "path": "/",
                    "port": "http",
                    "scheme": "HTTPS",
                    "httpHeaders": [{"name": "A", "value": "b"}],
                }
            },
        ),
        ({"tcpSocket": {}, "liveness": {"path": "/own"}}, {"httpGet": {"path": "/own", "port": "http"}}),
        ({"none": "no route"}, None),
    ],
)
def test_a_probe_does_what_is_declared(declared: dict[str, object], action: dict[str, object] | None) -> None:
    made = probe(Probes.model_validate(declared).liveness, "http", 8080, ["ask"])
    if action is None:
        assert made is None
        return
    assert made is not None
    assert {key: value for key, value in made.items() if not key.endswith(("Seconds", "Threshold"))} == action
    assert made["periodSeconds"] == (15 if "mcp" in declared else 10)
