"""Faults in the variables that come from ConfigMaps."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import SETTINGS, TOKEN, Wrong, ids, refused

WRONG_VARIABLES: Wrong = [
    (
        {
            "secrets.token": TOKEN,
            "configMaps.settings": SETTINGS,
            "servers.clock.configMaps": [{"name": "settings", "envFrom": True}],
            f"servers.clock.{field}": value,
        },
        "servers.clock.configMaps.0.envFrom: the key 'LEVEL' of ConfigMap 'settings' "
        f"is in {place} as well: remove one of them",
    )
    for field, value, place in (
        ("env", {"LEVEL": "debug"}, "env"),
        ("secretEnv", {"LEVEL": "token"}, "secretEnv"),
        ("secrets", [{"name": "token", "env": {"LEVEL": "token"}}], "secrets.0.env"),
    )
]
WRONG: Wrong = [
    (
        {
            "configMaps.settings": {**SETTINGS, "data": {"log.level": "info"}},
            "servers.clock.configMaps": [{"name": "settings", "envFrom": True}],
        },
        "servers.clock.configMaps.0.envFrom: the key 'log.level' of ConfigMap 'settings' "
        "is not an environment variable: rename it there, or use mount",
    ),
    *WRONG_VARIABLES,
    (
        {
            "configMaps.settings": SETTINGS,
            "configMaps.more": SETTINGS,
            "servers.clock.configMaps": [{"name": "settings", "envFrom": True}, {"name": "more", "envFrom": True}],
        },
        "servers.clock.configMaps.1.envFrom: the key 'LEVEL' of ConfigMap 'more' is in configMaps.0.envFrom as well: "
        "remove one of them",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
