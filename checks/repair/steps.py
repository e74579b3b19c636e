"""The steps of a plan: each change with the state that it was planned for, so that later changes are not undone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from checks.drift.compare import shown
from checks.drift.diff import place
from checks.kube.resources import Document
from checks.repair.actions import Action, Verb, codes
from checks.repair.author import Author, author
from checks.repair.paths import Field, Path, Token, find, is_list, pointer
from checks.results.result import Finding, Ref
from checks.results.result import Value as Shown
from stacks.manifests.manifest import Value

HIDDEN_TEXT = "(not shown)"
_DATA = frozenset({"binaryData", "data"})


@dataclass(frozen=True)
class Step:
    """A step. `path` and `seen` are empty if the object is deleted; `to` None removes the field."""

    action: Action
    findings: tuple[Finding, ...]
    live: Document
    """The object when the plan was made."""
    path: Path = ()
    seen: Value = None
    to: Value = None

    @property
    def object(self) -> Ref:
        """Return the object that it changes."""
        return self.action.object

    @property
    def is_deletion(self) -> bool:
        """Return whether it deletes the whole object."""
        return self.action.verb is Verb.DELETE


def deletion(ref: Ref, live: Document, finding: Finding, author: Author | None) -> Step:
    """Return the step that deletes an object."""
    action = Action(Verb.DELETE, ref, None, "present", None, author, codes([finding]))
    return Step(action, (finding,), live)


def change(ref: Ref, live: Document, path: Path, finding: Finding, to: Value = None) -> Step | None:
    """Return the step that removes a field, or sets it; None if the field does not exist."""
    if (field := find(live, path)) is None:
        return None
    verb = Verb.REMOVE if to is None else Verb.REPLACE
    before, after = safe(path, field.value), safe(path, to)
    action = Action(verb, ref, place(path), before, after, author(live, path), codes([finding]))
    return Step(action, (finding,), live, path, field.value, to)


def merged(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the steps of an object, each once; steps inside a removed field are merged into its removal."""
    kept: dict[tuple[Token, ...], Step] = {}
    for step in sorted(steps, key=lambda one: len(one.path)):
        tokens = tokens_of(step)
        outer = next((known for known in kept if tokens[: len(known)] == known), None)
        if outer is None:
            kept[tokens] = step
        else:
            findings = (*kept[outer].findings, *step.findings)
            action = kept[outer].action
            changed = Action(
                action.verb, action.object, action.field, action.from_, action.to, action.author, codes(findings)
            )
            kept[outer] = replace(kept[outer], action=changed, findings=findings)
    yield from kept.values()


def tokens_of(step: Step) -> tuple[Token, ...]:
    """Return the place of the step's field when the plan was made."""
    field = find(step.live, step.path)
    return field.tokens if field else ()


def is_as_seen(step: Step, live: Document) -> bool:
    """Return whether the field or object is still as when the plan was made."""
    if step.is_deletion:
        return _content(live) == _content(step.live)
    field = find(live, step.path)
    return field is not None and field.value == step.seen


def operations(steps: Iterable[Step], live: Document) -> list[Mapping[str, Value]]:
    """Return the JSON Patch of steps of one object, which first tests the planned state.

    Items of a list are removed from the last to the first, so that indexes stay valid.
    """
    found = [(field, step) for step in steps if (field := find(live, step.path)) is not None]
    found.sort(key=lambda pair: pair[0].tokens, reverse=True)
    tests = [test for field, step in found for test in _tests(field, step.seen)]
    return [*tests, *(_operation(field, step.to) for field, step in found)]


def _tests(field: Field, seen: Value) -> Iterator[Mapping[str, Value]]:
    for tokens, value in (*field.marks, (field.tokens, seen)):
        yield {"op": "test", "path": pointer(tokens), "value": value}


def _operation(field: Field, to: Value) -> Mapping[str, Value]:
    where = pointer(field.tokens)
    return {"op": "remove", "path": where} if to is None else {"op": "replace", "path": where, "value": to}


def _content(live: Document) -> Document:
    """Return an object without the fields that change by themselves."""
    metadata = cast("Mapping[str, Value]", live["metadata"])
    kept = {key: value for key, value in metadata.items() if key not in ("managedFields", "resourceVersion")}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": kept}


def safe(path: Path, value: Value) -> Shown:
    """Return a value as the plan shows it, without data of ConfigMaps and values of environment variables."""
    if value is None:
        return None
    if path[0] in _DATA or (path[-1] == "value" and "env" in path):
        return HIDDEN_TEXT
    return shown(_safe(value, is_variable="env" in path[-2:]))


def _safe(value: Value, *, is_variable: bool = False) -> Value:
    if is_list(value):
        return [_safe(one, is_variable=is_variable) for one in value]
    if not isinstance(value, Mapping):
        return value
    fields = {key: _safe(inner, is_variable=key == "env") for key, inner in value.items()}
    return {**fields, "value": HIDDEN_TEXT} if is_variable and "value" in fields else fields
