"""Find a field of a JSON document by its path, and return its JSON Pointer (RFC 6901).

A path is that of a difference or of managedFields: keys, and items of lists as `[name]`, `[0]`, `[{"key": "value"}]`
or `["value"]`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from stacks.manifests.manifest import Value

Path = tuple[str, ...]
Token = str | int


@dataclass(frozen=True)
class Field:
    """An existing field: its place, its value, and what identifies the items of lists that contain it."""

    tokens: tuple[Token, ...]
    value: Value
    marks: tuple[tuple[tuple[Token, ...], Value], ...] = ()


def find(document: Value, path: Path) -> Field | None:
    """Return the field at a path; None if it does not exist."""
    tokens: tuple[Token, ...] = ()
    marks: list[tuple[tuple[Token, ...], Value]] = []
    value = document
    for step, part in enumerate(path):
        if is_list(value) and part.startswith("["):
            index = item(value, part)
            if index is None:
                return None
            tokens, value = (*tokens, index), value[index]
            if step < len(path) - 1:
                marks += (((*tokens, key), known) for key, known in _identity(value, part))
        elif isinstance(value, Mapping) and part in value:
            tokens, value = (*tokens, part), value[part]
        else:
            return None
    return Field(tokens, value, tuple(marks))


def item(items: Sequence[Value], part: str) -> int | None:
    """Return the index of the item that a part of a path selects; None if it does not exist."""
    key = part[1:-1]
    if (named := _index(items, {"name": key})) is not None:
        return named
    try:
        wanted = json.loads(key)
    except ValueError:
        return None
    if isinstance(wanted, dict):
        return _index(items, wanted)
    if key.isdecimal():
        return int(key) if int(key) < len(items) else None
    return items.index(wanted) if wanted in items else None


def matches(value: Value, key: Mapping[str, Value]) -> bool:
    """Return whether an item of a list has this key."""
    return isinstance(value, Mapping) and all(value.get(name) == known for name, known in key.items())


def pointer(tokens: Sequence[Token]) -> str:
    """Return the JSON Pointer of a field."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    """Return whether a value is a list."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def _index(items: Sequence[Value], key: Mapping[str, Value]) -> int | None:
    return next((index for index, one in enumerate(items) if matches(one, key)), None)


def _identity(value: Value, part: str) -> Iterator[tuple[str, Value]]:
    """Yield the fields that identify an item: without them a patch by index could change another item."""
    if not isinstance(value, Mapping):
        return
    if part.startswith("[{"):
        yield from ((key, value[key]) for key in json.loads(part[1:-1]))
    elif "name" in value:
        yield "name", value["name"]
