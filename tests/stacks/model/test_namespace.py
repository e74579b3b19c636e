"""Faults in `cortex:namespaces`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import REMOVED, Wrong, ids, refused

LABEL = "a DNS label: use at most 63 of a-z, 0-9 and '-', and begin and end with a letter or digit"
QUANTITY = "quantity: write for instance 500m, 2, 128Mi or 20Gi"
WRONG: Wrong = [
    ({"namespaces": []}, "namespaces: must be a mapping of settings"),
    ({"namespaces": {}}, "namespaces: needs at least one entry"),
    ({"namespaces.Cortex": {"component": "x", "description": "x"}}, f"namespaces.Cortex: 'Cortex' is not {LABEL}"),
    ({"namespaces.cortex-mcp.component": REMOVED}, "namespaces.cortex-mcp.component: is missing"),
    (
        {"namespaces.cortex-mcp.description": 7},
        "namespaces.cortex-mcp.description: must be text: put the value in quotes",
    ),
    (
        {"namespaces.cortex-mcp.podSecurity": "strict"},
        "namespaces.cortex-mcp.podSecurity: 'strict' is not possible: "
        "did you mean 'restricted'? It must be 'restricted', 'baseline' or 'privileged'",
    ),
    (
        {"namespaces.cortex-mcp.quota": {"limits.cpu": "many"}},
        f"namespaces.cortex-mcp.quota.limits.cpu: 'many' is not a {QUANTITY}",
    ),
    (
        {"namespaces.cortex-mcp.quota": {"requests.memory": "20 GB"}},
        f"namespaces.cortex-mcp.quota.requests.memory: '20 GB' is not a {QUANTITY}",
    ),
    (
        {"namespaces.cortex-mcp.quota.pods": -1},
        "namespaces.cortex-mcp.quota.pods: '-1' is negative: write zero or more",
    ),
    (
        {"namespaces.cortex-mcp.quota.pods": "10E"},
        "namespaces.cortex-mcp.quota.pods: '10E' is more than Kubernetes can count: write a smaller quantity",
    ),
    (
        {"namespaces.cortex-mcp.quota.pods": 20.5},
        "namespaces.cortex-mcp.quota.pods: '20.5' is not a whole number: write one, because Kubernetes counts these",
    ),
    (
        {"namespaces.cortex-mcp.quota.pods": True},
        "namespaces.cortex-mcp.quota.pods: must be text: put the value in quotes",
    ),
    (
        {"namespaces.cortex-mcp.limits.min": {"cpu": "3", "memory": "64Mi"}},
        "namespaces.cortex-mcp.limits: min is larger than defaultRequest: order them min, defaultRequest, default, max",
    ),
    (
        {"namespaces.cortex-mcp.egress": [{"cidrs": ["10.0.0.1/24"], "ports": [443]}]},
        "namespaces.cortex-mcp.egress.0.cidrs.0: '10.0.0.1/24' is not an address range: "
        "write for instance 10.0.0.0/24 or 192.0.2.10/32",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
