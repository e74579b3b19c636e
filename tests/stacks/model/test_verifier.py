"""Faults in `cortex:verifier`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import Wrong, ids, refused

WRONG: Wrong = [
    (
        {"verifier": {"image": "registry.test/cortex:1", "schedule": "hourly"}},
        "verifier.schedule: 'hourly' is not a cron schedule: write five fields, for instance */15 * * * *",
    ),
    (
        {"verifier": {"image": "registry.test/cortex:1", "schedule": "0 24 * * *"}},
        "verifier.schedule: '0 24 * * *' is not a cron schedule: '24' is not valid for the hour: "
        "write *, numbers from 0 to 23, ranges as 1-5, steps as */15, or a list of these",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
