"""Who set a field of a live object, made the object or owns it, and when: as its metadata says.

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
    """A field manager, and when it wrote (RFC 3339, UTC); with the subresource through which it did."""

    manager: str
    time: str
    subresource: str = ""

    def __str__(self) -> str:
        through = f" through {self.subresource}" if self.subresource else ""
        return f"{self.manager or 'somebody'}{through}" + (f" at {self.time}" if self.time else "")

    @property
    def is_controller(self) -> bool:
        """Check whether it is a part of Kubernetes, which sets the field again."""
        return self.manager in CONTROLLERS

    @property
    def is_ours(self) -> bool:
        """Check whether it is Pulumi, or a repair."""
        return self.manager.startswith(OURS)


def author(live: Document, path: Path) -> Author | None:
    """Return who set a field: of several the last one that is not Pulumi. None if nobody says so."""
    found = [_author(entry) for entry in _entries(live) if _holds(_fields(entry), live, path)]
    return max(found, key=lambda one: (not one.is_ours, one.time), default=None)


def maker(live: Document) -> Author | None:
    """Return who made an object."""
    entries = [_author(entry) for entry in _entries(live) if not entry.get("subresource")]
    first = min(entries, key=lambda one: one.time, default=None)
    created = str(cast("Mapping[str, Value]", live["metadata"]).get("creationTimestamp") or "")
    return Author(first.manager, created or first.time) if first else None


def changer(live: Document) -> Author | None:
    """Return who changed an object last, but for its controller and what keeps its status."""
    found = (_author(entry) for entry in _entries(live))
    return max((one for one in found if not one.is_controller), key=lambda one: one.time, default=None)


def owner(live: Document) -> Ref | None:
    """Return the controller that owns an object, and would make it again; None if there is none."""
    metadata = cast("Mapping[str, Value]", live["metadata"])
    for reference in cast("list[Mapping[str, Value]]", metadata.get("ownerReferences") or []):
        if reference.get("controller"):
            return Ref(str(reference["kind"]), str(reference["name"]), str(metadata.get("namespace") or ""))
    return None


def has_other_owners(live: Document, path: Path) -> bool:
    """Check whether Pulumi or a controller set anything of a field."""
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
    """Check whether a FieldsV1 set has the field, anything of it, or the atomic one that it is a part of."""
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
