"""Faults in `cortex:resourceManager`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import Wrong, ids, refused

WRONG: Wrong = [
    (
        {"resourceManager": {"scope": "all"}},
        "resourceManager.scope: 'all' is not possible: it must be 'namespaces' or 'cluster'",
    ),
    (
        {"resourceManager": {"token": "forever"}},
        "resourceManager.token: 'forever' is not possible: it must be 'bound' or 'legacy'",
    ),
    (
        {"resourceManager": {"execIn": ["cortex-mcp", "cortex-mcp"]}},
        "resourceManager: execIn has the same entry twice: remove one",
    ),
    (
        {"resourceManager": {"readableSecrets": {"cortex-mcp": []}}},
        "resourceManager.readableSecrets.cortex-mcp: needs at least one entry",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
