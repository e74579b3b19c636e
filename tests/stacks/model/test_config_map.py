"""Faults in `cortex:configMaps`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import SETTINGS, Wrong, ids, refused

WRONG: Wrong = [
    ({"configMaps.settings": {**SETTINGS, "data": {}}}, "configMaps.settings.data: needs at least one entry"),
    (
        {"configMaps.settings": {**SETTINGS, "data": {"A": "é" * 2**19, "B": "b"}}},
        "configMaps.settings.data: is 1048577 bytes long, and a ConfigMap takes 1048576: shorten it, or split it",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
