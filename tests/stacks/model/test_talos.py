"""Faults in `cortex:talos`, and what the published declaration has of it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from stacks.model.talos import Talos
from tests.checks.world import declared
from tests.stacks.wrong import Wrong, ids, refused

WRONG: Wrong = [
    (
        {"talos": {"version": "1.9"}},
        "talos.version: '1.9' is not a version of Talos: write for instance 1.9.x for any patch release, or 1.9.3",
    ),
    (
        {"talos": {"version": "v1.9.3"}},
        "talos.version: 'v1.9.3' is not a version of Talos: write for instance 1.9.x for any patch release, or 1.9.3",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]


def test_undeclared_talos_is_not_in_the_published_declaration() -> None:
    assert '"talos":{"port":50000}' not in declared().canonical()
    assert '"talos":{"port":50000}' in declared(talos={}).canonical()


@pytest.mark.parametrize("version", ["1.9.x", "1.10.3", "1.11.0-beta.1"])
def test_versions(version: str) -> None:
    assert Talos(version=version).version == version
