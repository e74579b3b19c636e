"""The file of `cortex:toolLock`: read into the declaration, and its faults."""

import json
from pathlib import Path

import pytest
import yaml

from stacks.errors import DeclarationError
from stacks.loader import load, read
from stacks.model.declaration import Declaration
from tests.checks.world import SETTINGS

STACK = "Pulumi.test.yaml"
LOCK = "time:\n  add:\n    description: Add.\n    inputSchema: {type: object, default: null}\n"


def project(folder: Path, lock: bytes | None, setting: object = "tools.yaml") -> Path:
    config = {f"cortex:{key}": value for key, value in {**SETTINGS, "servers": {}, "configMaps": {}}.items()}
    (folder / STACK).write_text(yaml.safe_dump({"config": {**config, "cortex:toolLock": setting}}))
    if lock is not None:
        (folder / "tools.yaml").write_bytes(lock)
    return folder


def test_the_lock_is_part_of_the_declaration(tmp_path: Path) -> None:
    declaration = load("test", project(tmp_path, LOCK.encode()))
    assert declaration.tool_lock is not None
    definition = {"description": "Add.", "inputSchema": {"type": "object", "default": None}}
    assert {tool: json.loads(text) for tool, text in declaration.tool_lock["time"].items()} == {"add": definition}
    # As it is published, and read again by the verification in the cluster.
    assert Declaration.model_validate_json(declaration.model_dump_json(by_alias=True)) == declaration


def test_an_empty_lock_is_not_the_same_as_none(tmp_path: Path) -> None:
    declaration = load("test", project(tmp_path, b""))
    assert declaration.tool_lock == {}
    assert Declaration.model_validate_json(declaration.model_dump_json(by_alias=True)).tool_lock == {}


def test_a_lock_that_is_written_anew_need_not_exist(tmp_path: Path) -> None:
    assert read("test", project(tmp_path, None), rewrites_lock=True).declaration.tool_lock is None


@pytest.mark.parametrize(
    ("lock", "setting", "message"),
    [
        (
            None,
            "tools.yaml",
            "tools.yaml: cannot be read (No such file or directory): write it with",
        ),
        (b"time: [add]", "tools.yaml", "tools.yaml: is not a lock of tools (server: tool: definition): write it with"),
        (b"a: 1", "tools.yaml", "tools.yaml: is not a lock of tools"),
        (b"\xff", "tools.yaml", "tools.yaml: is not UTF-8 text"),
        (b"a: [", "tools.yaml", "tools.yaml: not valid YAML at line 1"),
        (None, ["tools.yaml"], "must be a file relative to the project, such as mcp-tools.test.yaml"),
    ],
    ids=["missing", "list", "number", "binary", "YAML", "setting"],
)
def test_a_lock_that_cannot_be_read(tmp_path: Path, lock: bytes | None, setting: object, message: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        load("test", project(tmp_path, lock, setting))
    assert str(raised.value).startswith(f"{STACK}: cortex:toolLock: {message}")
