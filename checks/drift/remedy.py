"""Decide what restores a field that is not as declared: `pulumi up --refresh` or `cortex repair`."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from checks.drift.diff import Difference
from checks.results.result import Remedy
from stacks.manifests.manifest import Hidden, Manifest, Value

_ITEM_KEYS = frozenset({"containerPort", "mountPath", "port", "protocol"})
"""The keys by which server-side apply identifies items of `ports` and `volumeMounts`."""


def remedy(manifest: Manifest, difference: Difference) -> Remedy:
    """Return PULUMI if a refresh sees the difference and the following apply removes it, else REPAIR."""
    path = difference.path
    restored = (
        _is_written(manifest, path) and _is_refreshed(difference.expected, difference.actual) and not _is_item_key(path)
    )
    return Remedy.PULUMI if restored else Remedy.REPAIR


def _is_item_key(path: tuple[str, ...]) -> bool:
    """Return whether the field identifies an item of a list: an apply would add a second item."""
    return path[-1] in _ITEM_KEYS and len(path) > 1 and path[-2].startswith("[")


def _is_written(manifest: Manifest, path: tuple[str, ...]) -> bool:
    """Return whether a deployment writes the field; it does not write fields that are only compared as unset."""
    value: Value = manifest.document()
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list):
            named = (item for item in value if isinstance(item, Mapping) and f"[{item.get('name')}]" == part)
            value = next(named, value[int(part[1:-1])] if part[1:-1].isdecimal() else None)
        else:
            return isinstance(value, Hidden)
    return value is not None


def _is_refreshed(expected: Value, actual: Value) -> bool:
    """Return whether `pulumi up --refresh` sees that a field differs.

    A refresh compares only the declared keys of a map, and only as many items of a list as are declared. It ignores
    what was added, and treats a missing value as equal to a declared empty one.
    """
    return expected is not None and actual != expected and _differs(expected, actual)


def _differs(expected: Value, actual: Value) -> bool:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return any(_differs(value, actual.get(key)) for key, value in expected.items())
    if _is_list(expected) and _is_list(actual):
        pairs = zip(expected, actual, strict=False)
        return len(actual) < len(expected) or any(_differs(declared, live) for declared, live in pairs)
    return expected != actual and not (_is_empty(expected) and actual is None)


def _is_empty(value: Value) -> bool:
    return isinstance(value, (Mapping, Sequence)) and not value


def _is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
