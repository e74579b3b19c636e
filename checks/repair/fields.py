"""Plan how a field of a declared object is restored."""

from collections.abc import Iterator, Mapping, Sequence

from checks.drift.compare import Fault, faults
from checks.kube.resources import Document
from checks.repair.actions import Because, Left, left
from checks.repair.author import Author, author, has_other_owners, owner
from checks.repair.paths import Path, find, is_list
from checks.repair.steps import Step, change
from checks.results.result import Finding
from stacks.manifests.manifest import Hidden, Manifest, Value

_MAPS = ("labels", "annotations")
"""Maps whose keys are set one by one by several writers."""


def field_repairs(finding: Finding, obj: Manifest, live: Document) -> Iterator[Step | Left]:
    """Yield the steps that fix a finding, or the reason to leave it; nothing if it no longer applies."""
    for fault in faults(obj, live):
        if (fault.code, fault.message) == (finding.code, finding.message):
            yield from _repairs(finding, fault, obj, live)


def left_to_autoscaler(finding: Finding, live: Document) -> Left | None:
    """Return what to do about a number of replicas that an undeclared autoscaler sets; None if none does."""
    who = author(live, ("spec", "replicas"))
    if who is None or not who.is_controller or who.subresource != "scale":
        return None
    todo = f"{who} set spec.replicas, as a HorizontalPodAutoscaler makes it do: {finding.hint}"
    return left(finding, Because.WRITER, todo)


def _repairs(finding: Finding, fault: Fault, obj: Manifest, live: Document) -> Iterator[Step | Left]:
    if (by := owner(live)) is not None:
        yield left(
            finding, Because.OWNER, f"{by} owns the object and would set the field again: change or delete the owner"
        )
        return
    document = obj.document()
    if ".".join(fault.path) in obj.initial:
        yield left(finding, Because.PERSON, finding.hint)
        return
    for path, to in _edits(fault, document, live):
        who = author(live, path)
        step = change(finding.object, live, path, finding, to)
        if who is not None and who.is_controller:
            yield left(finding, Because.WRITER, _refusal(who, fault))
        elif step is None or _is_hidden(to):
            yield left(finding, Because.PERSON, finding.hint)
        else:
            yield step


def _edits(fault: Fault, document: Mapping[str, Value], live: Document) -> Iterator[tuple[Path, Value]]:
    """Yield paths with their new values; None removes the field."""
    if fault.foreign:
        yield _removable(fault.path, document, live), None
    elif (declared := find(document, fault.path)) is None:
        yield fault.path, None
    else:
        yield from _restored(fault.path, declared.value, live)


def _refusal(who: Author, fault: Fault) -> str:
    return f"{who} sets {'.'.join(fault.path)} and would set it again: remove the cause, or declare the field"


def _removable(path: Path, document: Mapping[str, Value], live: Document) -> Path:
    """Return the outermost path that can be removed with an undeclared field.

    It contains nothing that is declared, or set by Pulumi or a controller. The rest of an item or a structure would
    often be invalid without the field.
    """
    lengths = range(1, len(path))
    outside = (length for length in lengths if find(document, path[:length]) is None)
    whole = (length for length in outside if path[length - 1] not in _MAPS)
    return next((path[:length] for length in whole if not has_other_owners(live, path[:length])), path)


def _restored(path: Path, declared: Value, live: Document) -> Iterator[tuple[Path, Value]]:
    """Yield what restores a declared field: the removal of what was added, or its declared value."""
    field = find(live, path)
    added = None if field is None else _added(declared, field.value)
    if added is None:
        yield path, declared
    else:
        yield from ((path + inner, None) for inner in added)


def _added(declared: Value, live: Value) -> list[Path] | None:
    """Return the paths in a value that are not declared; None if something declared is missing in it."""
    if isinstance(declared, Mapping) and isinstance(live, Mapping):
        found = [(key, _added(value, live[key]) if key in live else None) for key, value in declared.items()]
        inner = [(key, paths) for key, paths in found if paths is not None]
        if len(inner) < len(found):
            return None
        return [
            *((key, *path) for key, paths in inner for path in paths),
            *((key,) for key in live if key not in declared),
        ]
    if is_list(declared) and is_list(live):
        return _added_items(declared, live)
    return [] if declared == live else None


def _added_items(declared: Sequence[Value], live: Sequence[Value]) -> list[Path] | None:
    rest = dict(enumerate(live))
    for one in declared:
        index = next((index for index, other in rest.items() if _added(one, other) == []), None)
        if index is None:
            return None
        del rest[index]
    return [(f"[{index}]",) for index in rest]


def _is_hidden(value: Value) -> bool:
    if isinstance(value, Mapping):
        return any(_is_hidden(inner) for inner in value.values())
    if is_list(value):
        return any(_is_hidden(inner) for inner in value)
    return isinstance(value, Hidden)
