"""Faults in `cortex:cluster`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import REMOVED, VALUE, Wrong, changed, ids, lines, refused

WRONG: Wrong = [
    ({"cluster": REMOVED}, "cluster: is missing"),
    ({"cluster": "prod"}, "cluster: must be a mapping of settings"),
    ({"cluster.context": REMOVED}, "cluster.context: is missing"),
    ({"cluster.context": ""}, "cluster.context: string should have at least 1 character"),
    ({"cluster.contxt": "x"}, "cluster.contxt: is not a known setting: did you mean context?"),
    ({"cluster.environment": "on prod"}, f"cluster.environment: 'on prod' is not {VALUE}"),
    ({"cluster.nodes": 0}, "cluster.nodes: input should be greater than or equal to 1"),
    (
        {"cluster.networkPolicies": "maybe"},
        "cluster.networkPolicies: 'maybe' is not possible: it must be 'enforced' or 'ignored'",
    ),
    ({"clusters": {}}, "clusters: is not a known setting: did you mean cluster?"),
    ({"cluster.imagePullSecrets": ["a", "a"]}, "cluster: imagePullSecrets has the same entry twice: remove one"),
    (
        {"cluster.apiServers": ["api.test"]},
        "cluster.apiServers.0: 'api.test' is not an address range: write for instance 10.0.0.0/24 or 192.0.2.10/32",
    ),
    (
        {"cluster.customResources": ["Certificate"]},
        "cluster.customResources.0: 'Certificate' is not possible: "
        "it must be 'CiliumNetworkPolicy', 'ExternalSecret', 'HTTPRoute', 'PrometheusRule' or 'ServiceMonitor'",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    found = lines(changed({"cluster.context": REMOVED, "servers.clock.port": 0, "servers.clock.prot": 1}), tmp_path)
    assert found == [
        "cluster.context: is missing",
        "servers.clock.port: input should be greater than or equal to 1",
        "servers.clock.prot: is not a known setting: did you mean port?",
    ]
