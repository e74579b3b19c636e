"""Faults in `cortex:agent`, and what the published declaration has of it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from stacks.model.agent import Agent
from tests.checks.world import declared
from tests.stacks.wrong import Wrong, ids, refused

IMAGE = {"image": "registry.test/cortex:1"}
ONE_NODE = (
    "agent: log.claim can be mounted on one node only, so further pods could not start: "
    "set its accessModes to [ReadWriteMany], or replicas to 1"
)
WRONG: Wrong = [
    ({"agent": {**IMAGE, "log": {"claim": {"size": "1Gi"}}}}, ONE_NODE),
    (
        {"agent": {**IMAGE, "replicas": 1, "log": {"size": "2Gi", "claim": {"size": "1Gi"}}}},
        "agent.log: claim.size is smaller than size: raise it, or lower size",
    ),
    (
        {"agent": {**IMAGE, "actions": ["cordon", "cordon"]}},
        "agent: actions has the same entry twice: remove one",
    ),
    (
        {"agent": {**IMAGE, "metrics": {"monitorLabels": {"app": "a"}}}},
        "agent.metrics: monitorLabels has 'app', a label that the stack sets: remove it",
    ),
    (
        {"agent": {**IMAGE, "metrics": {"serviceMonitor": True}}},
        "agent.metrics.serviceMonitor: needs the custom resource ServiceMonitor: "
        "add it to cluster.customResources if the cluster has it, or remove this",
    ),
    (
        {"agent": {**IMAGE, "metrics": {"alerts": True}}},
        "agent.metrics.alerts: needs the custom resource PrometheusRule: "
        "add it to cluster.customResources if the cluster has it, or remove this",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]


def test_claim_of_one_node_has_one_pod_even_while_it_rolls() -> None:
    one = Agent.model_validate({**IMAGE, "replicas": 1, "log": {"claim": {"size": "1Gi"}}})
    shared = Agent.model_validate({**IMAGE, "log": {"claim": {"size": "1Gi", "accessModes": ["ReadWriteMany"]}}})
    assert (one.surge, shared.surge, Agent.model_validate(IMAGE).surge) == (0, 1, 1)


def test_a_stack_without_agent_does_not_name_it() -> None:
    assert '"agent"' not in declared().canonical()
    assert '"actions"' not in declared(agent=IMAGE).canonical()
