"""Merges the declared `patch` of an MCP server into its manifests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard, cast

from stacks.manifests.manifest import Manifest, Value

Patches = Mapping[str, Mapping[str, Value]]
"""Kind → fields to merge."""


def patched(manifests: Iterable[Manifest], patches: Patches) -> Iterator[Manifest]:
    """Yield the manifests, each with the fields of its kind's patch merged into it."""
    for manifest in manifests:
        patch = patches.get(manifest.kind)
        yield _patched(manifest, patch) if patch else manifest


def _patched(manifest: Manifest, patch: Mapping[str, Value]) -> Manifest:
    metadata = cast("Mapping[str, Mapping[str, str | None]]", patch.get("metadata", {}))
    content = {key: value for key, value in patch.items() if key != "metadata"}
    return replace(
        manifest,
        labels=cast("Mapping[str, str]", _merged(manifest.labels, metadata.get("labels", {}))),
        annotations=cast("Mapping[str, str]", _merged(manifest.annotations, metadata.get("annotations", {}))),
        content=cast("Mapping[str, Value]", _merged(manifest.content, content)),
    )


def _merged(under: Value, over: Value) -> Value:
    """Return the two merged: mappings by key, lists of named items by name; otherwise `over`."""
    if isinstance(under, Mapping) and isinstance(over, Mapping):
        merged = {**under, **{key: _merged(under.get(key), value) for key, value in over.items()}}
        return {key: value for key, value in merged.items() if value is not None}
    if _is_named(under) and _is_named(over):
        by_name: dict[Value, Value] = {item["name"]: item for item in under}
        by_name |= {item["name"]: _merged(by_name.get(item["name"]), item) for item in over}
        return list(by_name.values())
    return over


def _is_named(value: Value) -> TypeGuard[Sequence[Mapping[str, Value]]]:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(item, Mapping) and "name" in item for item in value)
    )
