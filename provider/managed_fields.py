"""Which field manager owns which fields of an object, as `metadata.managedFields` tells.

Create is a plain POST, because only a POST is refused atomically when the object exists. It leaves its field manager
with an `Update` entry, beside which a later apply would co-own the fields: changing one would conflict with ourselves,
and a removed one would stay. So an update first turns such entries into its own `Apply` entry, as kubectl does when it
moves from client-side to server-side apply; entries of kubectl are taken over too, which lets imports be changed.
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
    """Whether a Pulumi provider wrote any of what is declared in `live`."""
    return any(entry["manager"].startswith(CREATOR) for entry in _entries(live))


def is_foreign_conflict(conflict: str) -> bool:
    """Return whether a conflict is with a manager whose fields are not taken over.

    `conflict` is the server's message, for example `conflict with "kubectl-edit" using v1`.
    """
    _, name, rest = conflict.split('"', 2)
    operation = "Update" if rest.startswith(" using ") else "Apply"
    return rest.startswith(" with subresource ") or not _is_taken_over({"manager": name, "operation": operation})


def with_fields_taken_over(live: Object, manager: str) -> Object | None:
    """`live` once `manager` owns what a POST or kubectl left behind; None when there is nothing of that."""
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
    """`declared` for an apply that must not change the `ignored` paths (the resource option `ignore_changes`).

    A field that another manager alone owns is not sent at all; any other is sent as it is now, since an apply removes
    what it no longer sends.
    """
    ours: list[Object] = []
    theirs: list[Object] = []
    for entry in live["metadata"].get("managedFields") or []:
        (ours if entry.get("manager") == manager else theirs).append(entry.get("fieldsV1", {}))
    for path in ignored:
        steps = [step for step in parse(path) if isinstance(step, str)]
        if len(steps) < len(parse(path)) or "*" in steps:
            continue  # an item of a list: the server merges those by their keys
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
    """A copy of `tree` with `value` at `steps`, or without anything there when it is None."""
    head, *rest = steps
    if rest:
        below = tree.get(head)
        if not isinstance(below, dict):
            return tree if value is None else {**tree, head: _with({}, rest, value)}
        return {**tree, head: _with(below, rest, value)}
    without = {key: item for key, item in tree.items() if key != head}
    return without if value is None else {**without, head: value}
