"""Find who set a field of a live object, created the object or owns it, from its metadata.

Source: Kubernetes, "Server-Side Apply", section "Field management"; structured-merge-diff's FieldsV1 format.
"""

import json
from collections.abc import Iterator, Mapping
from typing import cast

import msgspec

from checks.drift.managed_fields import CONTROLLERS, OURS
from checks.kube.resources import Document
from checks.repair.paths import Path, is_list, item, matches
from checks.results.result import Ref
from stacks.manifests.manifest import Value


class Author(msgspec.Struct, frozen=True):
    """A field manager, when it wrote (RFC 3339, UTC), and the subresource through which it wrote."""

    manager: str
    time: str
    subresource: str = ""

    def __str__(self) -> str:
        through = f" through {self.subresource}" if self.subresource else ""
        return f"{self.manager or 'unknown field manager'}{through}" + (f" at {self.time}" if self.time else "")

    @property
    def is_controller(self) -> bool:
        """Return whether it belongs to Kubernetes itself, which would set the field again."""
        return self.manager in CONTROLLERS

    @property
    def is_ours(self) -> bool:
        """Return whether it is Pulumi, or a repair."""
        return self.manager.startswith(OURS)


def author(live: Document, path: Path) -> Author | None:
    """Return who set a field: of several, the last one that is not Pulumi; None if that is not known."""
    found = [_author(entry) for entry in _entries(live) if _holds(_fields(entry), live, path)]
    return max(found, key=lambda author: (not author.is_ours, author.time), default=None)


def creator(live: Document) -> Author | None:
    """Return who created an object; None if that is not known."""
    entries = [_author(entry) for entry in _entries(live) if not entry.get("subresource")]
    first = min(entries, key=lambda author: author.time, default=None)
    created = str(cast("Mapping[str, Value]", live["metadata"]).get("creationTimestamp") or "")
    return Author(first.manager, created or first.time) if first else None


def last_writer(live: Document) -> Author | None:
    """Return who changed an object last, except for controllers of Kubernetes."""
    found = (_author(entry) for entry in _entries(live))
    return max((each for each in found if not each.is_controller), key=lambda author: author.time, default=None)


def owner(live: Document) -> Ref | None:
    """Return the controller of an object, which would create it again; None if it has none."""
    metadata = cast("Mapping[str, Value]", live["metadata"])
    for reference in cast("list[Mapping[str, Value]]", metadata.get("ownerReferences") or []):
        if reference.get("controller"):
            return Ref(str(reference["kind"]), str(reference["name"]), str(metadata.get("namespace") or ""))
    return None


def has_other_owners(live: Document, path: Path) -> bool:
    """Return whether Pulumi or a controller set a part of a field."""
    owners = (_author(entry) for entry in _entries(live) if _holds(_fields(entry), live, path))
    return any(owner.is_ours or owner.is_controller for owner in owners)


def _author(entry: Mapping[str, Value]) -> Author:
    return Author(str(entry.get("manager", "")), str(entry.get("time", "")), str(entry.get("subresource", "")))


def _entries(live: Document) -> Iterator[Mapping[str, Value]]:
    metadata = cast("Mapping[str, Value]", live["metadata"])
    yield from cast("list[Mapping[str, Value]]", metadata.get("managedFields") or [])


def _fields(entry: Mapping[str, Value]) -> Mapping[str, Value]:
    return cast("Mapping[str, Value]", entry.get("fieldsV1") or {})


def _holds(fields: Mapping[str, Value], value: Value, path: Path) -> bool:
    """Return whether a FieldsV1 set has the field, a part of it, or an atomic field that contains it."""
    for part in path:
        if is_list(value):
            if (index := item(value, part)) is None:
                return False
            value = value[index]
            inner = next((held for key, held in fields.items() if _is_of(key, value)), None)
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
            inner = fields.get(f"f:{part}")
        if inner is None:
            return False
        fields = cast("Mapping[str, Value]", inner)
        if not fields.keys() - {"."}:
            return True
    return True


def _is_of(key: str, value: Value) -> bool:
    if key.startswith("k:"):
        return matches(value, json.loads(key[2:]))
    return key.startswith("v:") and json.loads(key[2:]) == value
