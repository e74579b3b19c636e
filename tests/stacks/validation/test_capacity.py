"""Faults in the room that namespaces have for pods."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import MONITORING, Wrong, ids, refused

BRIDGE = {"servers.clock.bridge": "registry.test/bridge:1", "servers.clock.command": ["server"]}
LARGE_FIRST = {
    "servers.clock.initContainers": {
        "first": {"image": "registry.test/a:1", "resources": {"limits": {"cpu": "500m", "memory": "768Mi"}}}
    }
}

WRONG: Wrong = [
    (
        {"namespaces.cortex-mcp.quota.pods": 2},
        "namespaces.cortex-mcp.quota.pods: is 2, but its pods need 3 while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {"namespaces.cortex-mcp.quota": {"limits.memory": "1Gi"}},
        "namespaces.cortex-mcp.quota.limits.memory: is 1Gi, but its pods need 1.5Gi while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {"servers.clock.resources.limits": {"cpu": "3", "memory": "1Gi"}},
        "servers.clock.resources.limits: are larger than namespaces.cortex-mcp.limits.max: lower these or raise those",
    ),
    (
        {"servers.clock.resources.requests": {"cpu": "10m", "memory": "64Mi"}},
        "servers.clock.resources.requests: are smaller than namespaces.cortex-mcp.limits.min: "
        "raise these or lower those",
    ),
    (
        {"servers.clock.autoscaling": {"maxReplicas": 9}, "namespaces.cortex-mcp.quota.pods": 9},
        "namespaces.cortex-mcp.quota.pods: is 9, but its pods need 10 while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {"verifier": {"image": "registry.test/cortex:1"}, "namespaces.cortex-system.quota.pods": 1},
        "namespaces.cortex-system.quota.pods: is 1, but its pods need 2 while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {"agent": {"image": "registry.test/cortex:1"}, "namespaces.cortex-system.quota.pods": 2},
        "namespaces.cortex-system.quota.pods: is 2, but its pods need 3 while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {
            "namespaces.cortex-monitoring": {
                "component": "monitoring",
                "description": "Monitoring",
                "quota": {"limits.memory": "500Mi"},
            },
            "kubeStateMetrics": {},
        },
        "namespaces.cortex-monitoring.quota.limits.memory: is 500Mi, but its pods need 512Mi while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {
            "verifier": {
                "image": "registry.test/cortex:1",
                "resources": {"limits": {"cpu": "3", "memory": "512Mi"}},
            }
        },
        "verifier.resources.limits: are larger than namespaces.cortex-system.limits.max: lower these or raise those",
    ),
    (
        {
            **MONITORING,
            "kubeStateMetrics": {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}}},
        },
        "kubeStateMetrics.resources.requests: are smaller than namespaces.cortex-monitoring.limits.min: "
        "raise these or lower those",
    ),
    (
        # Three pods of 512Mi and 256Mi; the init container ends before both start.
        {**BRIDGE, **LARGE_FIRST, "namespaces.cortex-mcp.quota": {"limits.memory": "2Gi"}},
        "namespaces.cortex-mcp.quota.limits.memory: is 2Gi, but its pods need 2.25Gi while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {
            **BRIDGE,
            "namespaces.cortex-mcp.limits.min": {"cpu": "60m", "memory": "64Mi"},
        },
        "servers.clock.bridge.resources.requests: are smaller than namespaces.cortex-mcp.limits.min: "
        "raise these or lower those",
    ),
    (
        {
            "servers.clock.transport": "http",
            "servers.clock.probes.readiness.mcp.image": "registry.test/cortex:1",
            "namespaces.cortex-mcp.limits.min": {"cpu": "60m", "memory": "64Mi"},
        },
        "servers.clock.probes.resources.requests: are smaller than namespaces.cortex-mcp.limits.min: "
        "raise these or lower those",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
