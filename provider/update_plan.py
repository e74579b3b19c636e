"""What an update has to do: the changed fields, and whether the object must be replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provider import await_ready
from provider.diff import MISSING, Change, Edit, changes, covers, field_at, parse, render
from provider.errors import ApiError, ProviderError
from provider.inputs import is_autonamed, is_true
from provider.kinds import CUSTOM_RESOURCE_DEFINITION, JOB
from provider.properties import Object, has_unknown, manifest
from provider.readiness import FailedForGood
from provider.replacement import IDENTITY, forces_replacement

if TYPE_CHECKING:
    from provider.apply import Writer
    from provider.operation import Operation

_REPLACE_UNREADY = "pulumi.com/replaceUnready"
_IMMUTABLE = "field is immutable"
# Replacing these would delete more than the object, so the server's refusal of the update is reported instead.
_HOLDS_DATA = {("", "Namespace"), ("", "PersistentVolumeClaim"), CUSTOM_RESOURCE_DEFINITION}


@dataclass(frozen=True)
class UpdatePlan:
    """The changes of an update, those of them that need a replacement, and the order of that."""

    changes: tuple[Change, ...] = ()
    replaces: tuple[Change, ...] = ()
    delete_first: bool = False


def plan_update(writer: Writer, operation: Operation) -> UpdatePlan:
    """Return the changes from the old to the new inputs. The server is asked only if they differ."""
    state, new = manifest(operation.state), operation.inputs
    before, after = _with_namespace(manifest(operation.old), state), _with_namespace(manifest(new), state)
    ignored = [parse(path) for path in operation.ignored]
    found = tuple(change for change in changes(before, after) if not any(covers(i, change.path) for i in ignored))
    replaces = tuple(change for change in found if _forces_replacement(writer, operation, change, after))
    if found and not replaces and writer.is_known and not has_unknown(after):
        found, replaces = _confirmed_by_dry_run(writer, operation, found)
    is_replaceable = operation.kind.key == JOB and is_true(new, _REPLACE_UNREADY)
    if is_replaceable and _is_unready(writer, operation, changed=bool(found)):
        unready = Change(("metadata", "annotations", _REPLACE_UNREADY), Edit.UPDATE)
        found, replaces = (*found, unready), (*replaces, unready)
    # A generated name (ours, or by `generateName`) differs, so the old object need not be deleted first.
    same_name = not is_autonamed(new) and _identity(before) == _identity(after) and bool(_identity(after)[1])
    return UpdatePlan(found, replaces, delete_first=bool(replaces) and same_name)


def _forces_replacement(writer: Writer, operation: Operation, change: Change, after: Object) -> bool:
    if operation.kind.is_patch:
        return ".".join(map(str, change.path)) in IDENTITY
    return forces_replacement(operation.kind, change.path, writer.settings, after)


def _confirmed_by_dry_run(
    writer: Writer, operation: Operation, found: tuple[Change, ...]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Return the changes that a dry run confirms ('1000m' for '1' is not one), and those to immutable fields."""
    try:
        result = writer.dry_run_update(operation)
    except ApiError as error:
        # The engine also calls Diff during a refresh, which must not fail because the inputs are refused.
        if operation.kind.key in _HOLDS_DATA:
            return found, ()
        fields = [cause.field for cause in error.causes if cause.message.endswith(_IMMUTABLE)]
        return found, tuple(c for c in found if any(_overlap(render(c.path), field) for field in fields))
    except ProviderError:
        return found, ()
    state = manifest(operation.state)

    def is_seen(change: Change) -> bool:
        value = field_at(result, change.path)
        # Fields that the server stores elsewhere, like a Secret's `stringData`, are missing in its answer.
        return change.edit is not Edit.UPDATE or value is MISSING or value != field_at(state, change.path)

    return tuple(filter(is_seen, found)), ()


def _is_unready(writer: Writer, operation: Operation, *, changed: bool) -> bool:
    """Return whether a Job did not complete, or has to be changed although it no longer exists.

    Of a Job that no longer exists, the state tells whether it completed.
    """
    try:
        ref = writer.find(operation)
        live = writer.cluster.get(ref)
        if live is None and changed:
            return True
        known = manifest(operation.state) if live is None else live
        return bool(await_ready.reason_to_wait(writer.cluster, ref, manifest(operation.inputs), known))
    except FailedForGood:
        return True
    except ProviderError:
        return False


def _overlap(path: str, field: str) -> bool:
    return f"{path}.".startswith(f"{field}.") or f"{field}.".startswith(f"{path}.")


def _identity(declared: Object) -> tuple[object, object]:
    metadata = declared.get("metadata", {})
    return metadata.get("namespace"), metadata.get("name")


def _with_namespace(declared: Object, state: Object) -> Object:
    """Return `declared` with the namespace of the state if it has none: both mean the default namespace."""
    metadata = declared.get("metadata")
    namespace = state.get("metadata", {}).get("namespace")
    if not namespace or not isinstance(metadata, dict) or metadata.get("namespace"):
        return declared
    return {**declared, "metadata": {**metadata, "namespace": namespace}}
