"""Field managers: which of them owns which fields of an object, by `metadata.managedFields`.

A create is a plain POST, because only a POST is refused atomically if the object exists. It leaves an `Update` entry of
its field manager. Beside that entry a later apply would be a second owner of the same fields: a change would conflict
with our own entry, and a field that is no longer declared would stay. So an update first converts such entries into its
own `Apply` entry, as kubectl does when it moves from client-side to server-side apply. Entries of kubectl are converted
too, so that imported objects can be changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provider.diff import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provider.properties import Object

CREATOR = "pulumi-kubernetes"
"""The field manager of every POST."""
_TAKEN_OVER = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
    ("pulumi-resource-kubernetes", "Update"),
)


def is_made_by_pulumi(live: Object) -> bool:
    """Return whether a Pulumi provider owns any field of `live` outside its subresources."""
    return any(entry["manager"].startswith(CREATOR) for entry in _entries(live))


def is_foreign_conflict(conflict: str) -> bool:
    """Return whether a conflict is with a manager whose fields are not taken over.

    `conflict` is the server's message, for example `conflict with "kubectl-edit" using v1`.
    """
    _, name, rest = conflict.split('"', 2)
    operation = "Update" if rest.startswith(" using ") else "Apply"
    return rest.startswith(" with subresource ") or not _is_taken_over({"manager": name, "operation": operation})


def with_fields_taken_over(live: Object, manager: str) -> Object | None:
    """Return `live` with the entries of a POST or of kubectl converted to `manager`; None if there are none."""
    mine = [entry for entry in _entries(live) if _is_apply_of(entry, manager)]
    theirs = [entry for entry in _entries(live) if _is_taken_over(entry) and entry not in mine]
    if not theirs:
        return None
    merged: Object = {}
    for entry in [*theirs, *mine]:
        fields = _union(merged.get("fieldsV1", {}), entry.get("fieldsV1", {}))
        merged = {**entry, "manager": manager, "operation": "Apply", "fieldsV1": fields}
    others = [entry for entry in live["metadata"]["managedFields"] if entry not in theirs and entry not in mine]
    return {**live, "metadata": {**live["metadata"], "managedFields": [*others, merged]}}


def without_ignored_changes(declared: Object, live: Object, manager: str, ignored: Iterable[str]) -> Object:
    """Return `declared` for an apply that must not change the `ignored` paths (the resource option `ignore_changes`).

    A field that only another manager owns is omitted. Any other field is sent with its present value, because an apply
    removes fields that it no longer sends.
    """
    ours: list[Object] = []
    theirs: list[Object] = []
    for entry in live["metadata"].get("managedFields") or []:
        (ours if entry.get("manager") == manager else theirs).append(entry.get("fieldsV1", {}))
    for path in ignored:
        steps = [step for step in parse(path) if isinstance(step, str)]
        if len(steps) < len(parse(path)) or "*" in steps:
            continue  # an item of a list: the server merges items by their keys
        if any(_owns(fields, steps) for fields in theirs) and not any(_owns(fields, steps) for fields in ours):
            declared = _with(declared, steps, None)
        elif (value := _at(live, steps)) is not None:
            declared = _with(declared, steps, value)
    return declared


def _entries(live: Object) -> list[Object]:
    return [e for e in live["metadata"].get("managedFields") or [] if not e.get("subresource")]


def _is_taken_over(entry: Object) -> bool:
    return any(entry["manager"].startswith(n) and entry.get("operation") == operation for n, operation in _TAKEN_OVER)


def _is_apply_of(entry: Object, manager: str) -> bool:
    return entry["manager"] == manager and entry.get("operation") == "Apply"


def _union(left: Object, right: Object) -> Object:
    return {**left, **{key: _union(left.get(key, {}), value) for key, value in right.items()}}


def _owns(fields: Object, steps: list[str]) -> bool:
    for step in steps:
        if f"f:{step}" not in fields:
            return False
        fields = fields[f"f:{step}"]
    return True


def _at(tree: Any, steps: list[str]) -> Any:  # noqa: ANN401 (any JSON value)
    for step in steps:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _with(tree: Object, steps: list[str], value: object) -> Object:
    """Return a copy of `tree` with `value` at `steps`, or without that field if `value` is None."""
    head, *rest = steps
    if rest:
        below = tree.get(head)
        if not isinstance(below, dict):
            return tree if value is None else {**tree, head: _with({}, rest, value)}
        return {**tree, head: _with(below, rest, value)}
    without = {key: item for key, item in tree.items() if key != head}
    return without if value is None else {**without, head: value}
