"""Reads the file of `cortex:toolLock` into the declaration, so that it is complete without it."""

import json
from collections.abc import Mapping
from pathlib import Path

from stacks.errors import DeclarationError
from stacks.model.yaml_text import parse_yaml

SETTING = "toolLock"


def with_tool_lock(settings: Mapping[str, object], root: Path, source: str, *, rewritten: bool) -> Mapping[str, object]:
    """Return settings with the content of the file; its path is relative to `root`, messages begin with `source`.

    A lock that is about to be `rewritten` is left out.

    Raises:
        DeclarationError: the setting is not a file, or the file cannot be read.
    """
    if SETTING not in settings:
        return settings
    file = lock_file(settings, source)
    if rewritten:
        return {key: value for key, value in settings.items() if key != SETTING}
    try:
        lock = read_lock(root / file)
    except ValueError as error:
        raise DeclarationError(f"{source}: cortex:{SETTING}: {file}: {error}") from error
    content = {
        kind: {tool: json.dumps(definition, sort_keys=True) for tool, definition in tools.items()}
        for kind, tools in lock.items()
    }
    return {**settings, SETTING: content}


def lock_file(settings: Mapping[str, object], source: str) -> str:
    """Return the file that the setting names.

    Raises:
        DeclarationError: there is no such setting, or it is not a file.
    """
    file = settings.get(SETTING)
    if not isinstance(file, str):
        stack = source.removeprefix("Pulumi.").removesuffix(".yaml")
        raise DeclarationError(
            f"{source}: cortex:{SETTING}: must be a file relative to the project, such as mcp-tools.{stack}.yaml"
        )
    return file


def read_lock(path: Path) -> Mapping[str, Mapping[str, object]]:
    """Return what a lock says of each tool of each server.

    Raises:
        ValueError: the file cannot be read, or is not a lock; the sentence says why.
    """
    way_out = "write it with `cortex mcp lock STACK`"
    try:
        found = parse_yaml(path.read_bytes().decode())
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror}): {way_out}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 text: {way_out}") from error
    if not _is_lock(found):
        raise ValueError(f"is not a lock of tools (server: tool: definition): {way_out}")
    return found or {}  # type: ignore[return-value]


def _is_lock(found: object) -> bool:
    return found is None or (
        isinstance(found, dict)
        and all(
            isinstance(tools, dict) and all(isinstance(definition, dict) for definition in tools.values())
            for tools in found.values()
        )
    )
