"""What restarts the agent's pods: what it reads of the declaration, and nothing else."""

from typing import Any

import pytest

from stacks.model.declaration import Declaration

NAMESPACE = {"component": "mcp", "description": "Tests"}
SMALL = {**NAMESPACE, "quota": {"pods": 7}}
SERVER = {
    "namespace": "cortex-mcp", "image": "registry.test/time:1", "version": "1", "transport": "http",
    "capabilities": {"time": ["now"]},
}  # fmt: skip


def digest(**settings: object) -> str:
    given: dict[str, Any] = {
        "cluster": {"context": "test", "environment": "testing"},
        "namespaces": {"cortex-system": NAMESPACE, "cortex-mcp": NAMESPACE},
        "servers": {"time": SERVER},
        "agent": {"image": "registry.test/cortex:1"},
        **settings,
    }
    return Declaration.model_validate(given).followed().digest()


@pytest.mark.parametrize(
    "settings",
    [
        {"cluster": {"context": "other", "environment": "testing"}},
        {"cluster": {"context": "test", "environment": "testing", "domain": "corp.test"}},
        {"namespaces": dict.fromkeys(("cortex-system", "cortex-mcp", "cortex-more"), NAMESPACE)},
        {"servers": {}},
        {"servers": {"time": SERVER, "clock": SERVER}},
        {"servers": {"time": {**SERVER, "namespace": "cortex-system"}}},
        {"kubeStateMetrics": {"image": "registry.test/ksm:1", "alerts": {"restarts": 9}}},
        {"agent": {"image": "registry.test/cortex:1", "actions": ["cordon"]}},
        {"agent": {"image": "registry.test/cortex:1", "log": {"days": 3}}},
    ],
)
def test_what_the_agent_reads_restarts_it(settings: dict[str, object]) -> None:
    assert digest(**settings) != digest()


@pytest.mark.parametrize(
    "settings",
    [
        {"namespaces": {"cortex-mcp": NAMESPACE, "cortex-system": NAMESPACE}},
        {"namespaces": {"cortex-system": SMALL, "cortex-mcp": SMALL}},
        {"servers": {"time": {**SERVER, "image": "registry.test/time:2", "version": "2", "replicas": 5, "port": 9000}}},
        {"resourceManager": {"scope": "cluster"}},
        {"configMaps": {"settings": {"namespace": "cortex-mcp", "data": {"a": "1"}}}},
        {"suppressions": [{"code": "secret.unused", "reason": "a test", "until": "2999-01-01"}]},
    ],
)
def test_no_other_change_restarts_it(settings: dict[str, object]) -> None:
    assert digest(**settings) == digest()
