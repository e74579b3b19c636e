"""Wrong stack files: valid settings to change, and the lines that their author gets to read."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TypeAlias, cast

import pytest

from stacks.errors import DeclarationError
from stacks.loader import load

Settings = dict[str, object]
Wrong: TypeAlias = list[tuple[dict[str, object], str]]
"""Changes of the valid settings, each with its one line."""

VALID: Settings = {
    "cluster": {"context": "prod", "environment": "production"},
    "namespaces": {
        "cortex-system": {"component": "system", "description": "Core"},
        "cortex-mcp": {"component": "mcp-servers", "description": "MCP server deployments"},
    },
    "servers": {
        "clock": {
            "image": "registry.test/time:1",
            "version": "1.0.0",
            "transport": "stdio",
            "capabilities": {"time": ["get_current_time"]},
        }
    },
}
REMOVED = object()

VALUE = "a label value: use at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
FILE = "a file name: use at most 253 letters, digits, '-', '_' and '.', and do not begin with '..'"
MONITORING: Settings = {"namespaces.cortex-monitoring": {"component": "monitoring", "description": "Monitoring"}}
TOKEN: Settings = {"namespace": "cortex-mcp", "keys": {"token": {"pulumi": "token"}}}
SETTINGS: Settings = {"namespace": "cortex-mcp", "data": {"LEVEL": "info"}}


def changed(changes: Mapping[str, object]) -> Settings:
    """Return the valid settings with values put (or REMOVED) at dotted paths; `~` stands for a dot inside a key."""
    settings = deepcopy(VALID)
    for path, value in changes.items():
        *parents, last = (part.replace("~", ".") for part in path.split("."))
        place = settings
        for parent in parents:
            place = cast("Settings", place.setdefault(parent, {}))
        if value is REMOVED:
            del place[last]
        else:
            place[last] = value
    return settings


def lines(settings: Settings, root: Path) -> list[str]:
    """Load the settings as a stack file, and give the lines of the refusal without the file's name."""
    document = {"config": {f"cortex:{key}": value for key, value in settings.items()}}
    # JSON is YAML too, and is written sooner: some settings are a megabyte long.
    (root / "Pulumi.prod.yaml").write_text(json.dumps(document, ensure_ascii=False, sort_keys=True), encoding="utf-8")
    with pytest.raises(DeclarationError) as raised:
        load("prod", root)
    found = str(raised.value).splitlines()
    assert all(line.startswith("Pulumi.prod.yaml: cortex:") for line in found)
    return [line.removeprefix("Pulumi.prod.yaml: cortex:") for line in found]


def refused(changes: Mapping[str, object], root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the lines of the refusal of changed settings, without an image lock."""
    monkeypatch.delenv("CORTEX_IMAGES", raising=False)
    return lines(changed(changes), root)


def ids(wrong: Wrong) -> Sequence[str]:
    """Return the path of each line, as names of tests."""
    return [line.partition(": ")[0] for _, line in wrong]
