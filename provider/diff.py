"""Differences between two property trees, over declared fields only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from provider.properties import Secret, reveal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provider.replacement import Path


_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\[?\.?([^.\[\]]+)\]?')


class Edit(Enum):
    """The kind of a change, named as in the engine's protocol."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """One changed field."""

    path: Path
    edit: Edit


class _Missing(Enum):
    MISSING = "missing"


MISSING = _Missing.MISSING


def changes(old: object, new: object, path: Path = ()) -> Iterator[Change]:
    """Yield the changed fields between two trees; an added or removed subtree is one change."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from changes(old.get(key, MISSING), new.get(key, MISSING), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from changes(_item(old, index), _item(new, index), (*path, index))
    elif old is MISSING:
        yield Change(path, Edit.ADD)
    elif new is MISSING:
        yield Change(path, Edit.DELETE)
    elif old != new:
        yield Change(path, Edit.UPDATE)


def _item(values: list[Any], index: int) -> object:
    return values[index] if index < len(values) else MISSING


def field_at(tree: object, path: Path) -> object:
    """Return the value at `path`, or the first list on the way: servers add and move items, so lists compare whole."""
    for step in path:
        if isinstance(step, int):
            break
        tree = tree.get(step, MISSING) if isinstance(tree, dict) else MISSING
    return tree


def render(path: Path) -> str:
    """Return `path` in the engine's notation: `spec.ports[0].name`, `metadata.labels["a.b/c"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif any(mark in step for mark in '."[]'):
            escaped = step.replace('"', '\\"')
            text += f'["{escaped}"]'
        else:
            text += f".{step}" if text else step
    return text


def parse(path: str) -> Path:
    """Return the path that `render` wrote; `*` stands for any step."""
    steps = _STEP.findall(path)
    return tuple(int(index) if index else quoted.replace('\\"', '"') or plain for quoted, index, plain in steps)


def covers(ignored: Path, path: Path) -> bool:
    """Return whether `path` is at or below the `ignored` path."""
    return len(ignored) <= len(path) and all(a in ("*", b) for a, b in zip(ignored, path, strict=False))


def _is_empty(value: object) -> bool:
    """Return whether servers omit such a value, so that its absence is not a change.

    Some servers omit `false` and some do not, so an absent `false` counts as a change.
    """
    return value is not False and not value


def refreshed(declared: Any, live: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return `declared` with the present values of `live`; undeclared fields are omitted."""
    if isinstance(declared, Secret):
        return Secret(refreshed(declared.value, live))
    if isinstance(declared, dict) and isinstance(live, dict):
        return {
            key: refreshed(value, live[key]) if live.get(key) is not None else value
            for key, value in declared.items()
            if live.get(key) is not None or _is_empty(reveal(value))
        }
    if isinstance(declared, list) and isinstance(live, list):
        if all(isinstance(item, dict) and "name" in item for item in [*declared, *live]):
            named = {item["name"]: item for item in live}
            return [refreshed(item, named[item["name"]]) for item in declared if item["name"] in named]
        if len(declared) == len(live):
            return [refreshed(*pair) for pair in zip(declared, live, strict=True)]
    return live
