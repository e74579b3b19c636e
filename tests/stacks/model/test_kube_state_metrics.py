"""Faults in `cortex:kubeStateMetrics`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import MONITORING, Wrong, ids, refused

WRONG: Wrong = [
    (
        {**MONITORING, "kubeStateMetrics": {"alerts": {"quotaPercent": 0}}},
        "kubeStateMetrics.alerts.quotaPercent: input should be greater than or equal to 1",
    ),
    (
        {**MONITORING, "kubeStateMetrics": {"monitorLabels": {"app": "x"}}},
        "kubeStateMetrics: monitorLabels has 'app', a label that the stack sets: remove it",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
