"""Faults in images without tag and digest."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import Wrong, ids, refused

WRONG: Wrong = [
    (
        {"cluster.environment": "staging", "servers.clock.image": "registry.test/time"},
        "servers.clock.image: 'registry.test/time' has no tag or digest: write one, or for images built here "
        'set CORTEX_IMAGES: eval "$(cortex local env)"',
    ),
    (
        {"cluster.environment": "staging", "agent": {"image": "registry.test/cortex"}},
        "agent.image: 'registry.test/cortex' has no tag or digest: write one, or for images built here "
        'set CORTEX_IMAGES: eval "$(cortex local env)"',
    ),
    (
        {"cluster.environment": "staging", "verifier": {"image": "registry.test/cortex"}},
        "verifier.image: 'registry.test/cortex' has no tag or digest: write one, or for images built here "
        'set CORTEX_IMAGES: eval "$(cortex local env)"',
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
