"""A conformance case: two versions of a program, the operations between them, and the objects afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.provider.conformance.engine import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NS = "$NS"
"""Stands for the namespace of the run."""
UPDATE, REPLACE, DELETED_FIRST, CREATE, DELETE, SAME = (
    "update",
    "replace, created first",
    "replace, deleted first",
    "create",
    "delete",
    "same",
)


@dataclass(frozen=True)
class Write:
    """Somebody else's merge patch of an object, or its deletion when the patch is None."""

    path: str
    patch: Mapping[str, Any] | None
    manager: str = "kubectl-edit"


@dataclass(frozen=True)
class Case:
    """A program, its next version, and what must come of it; paths are below the API's root."""

    name: str
    first: Sequence[Resource]
    second: Sequence[Resource] | None = None
    change: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, set[str]] = field(default_factory=dict)
    live: Mapping[str, Any] = field(default_factory=dict)
    """After the second version: parts that the object must have; None where there must be no such object."""
    meanwhile: Sequence[Write] = ()
    """Between the two versions."""
    drift: Sequence[Write] = ()
    """After the second version."""
    refreshed: Mapping[str, str] = field(default_factory=dict)
    repaired: Mapping[str, str] = field(default_factory=dict)
    existing: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """Objects that somebody else made before, and the collections they lie in."""


def changing(
    name: str, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], operation: str, path: str, **more: Any
) -> Case:
    """A case of one resource with one differing path."""
    return Case(
        name,
        [Resource(name, kind, before)],
        [Resource(name, kind, after)],
        {name: operation},
        {name: {path}},
        **more,
    )
