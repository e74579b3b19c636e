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
    """A merge patch of an object by another client, or its deletion if the patch is None."""

    path: str
    patch: Mapping[str, Any] | None
    manager: str = "kubectl-edit"


@dataclass(frozen=True)
class Case:
    """A program, its next version, and the expected results; paths are relative to the API's root."""

    name: str
    first: Sequence[Resource]
    second: Sequence[Resource] | None = None
    change: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, set[str]] = field(default_factory=dict)
    live: Mapping[str, Any] = field(default_factory=dict)
    """Expected after the second version: a part of the object, or None if it must not exist."""
    meanwhile: Sequence[Write] = ()
    """Done between the two versions."""
    drift: Sequence[Write] = ()
    """Done after the second version."""
    refreshed: Mapping[str, str] = field(default_factory=dict)
    repaired: Mapping[str, str] = field(default_factory=dict)
    existing: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """Collections, and objects that another client creates there first."""


def changing(
    name: str, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], operation: str, path: str, **more: Any
) -> Case:
    """Return a case of one resource with one differing path."""
    return Case(
        name,
        [Resource(name, kind, before)],
        [Resource(name, kind, after)],
        {name: operation},
        {name: {path}},
        **more,
    )
