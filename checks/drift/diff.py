"""Find where a live object differs from its manifest, with the semantics of server-side apply.

A declared field must have its declared value. An omitted field may have any value, because the API server fills in
defaults and controllers write the status, except where omission has a meaning (selectors, rules, limits: see CLOSED).
A list must have its declared length: an added container or port is a difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeGuard

from stacks.manifests.manifest import Hidden, Value
from stacks.model.quantity import amount

QUANTITIES = frozenset(
    {"default", "defaultRequest", "divisor", "hard", "limits", "max", "min", "requests", "sizeLimit"}
)
"""Fields whose values are quantities: `1000m` is `1`."""

WHOLE = frozenset(
    {
        "capabilities",
        "egress",
        "emptyDir",
        "ingress",
        "matchLabels",
        "nodeSelector",
        "podSelector",
        "roleRef",
        "rules",
        "selector",
        "subjects",
    }
)
"""Fields that are reported as a whole: one difference, whichever parts of them differ."""

CLOSED = WHOLE | QUANTITIES | {"data", "securityContext"}
"""Fields in which an undeclared key is a difference, at any depth."""

DEFAULTS: Mapping[tuple[str, str], Value] = {
    ("ports", "protocol"): "TCP",
    ("roleRef", "apiGroup"): "rbac.authorization.k8s.io",
    ("subjects", "apiGroup"): "rbac.authorization.k8s.io",
}
"""What the API server fills in inside of CLOSED fields, by the field and its key."""

OMITTED = frozenset(
    {"hostIPC", "hostNetwork", "hostPID", "initialDelaySeconds", "minReadySeconds", "paused", "readOnly", "value"}
)
"""Fields whose zero value Kubernetes omits from JSON: their Go types are not pointers, and have `omitempty`.

For all other fields, such as `allowPrivilegeEscalation` or `backoffLimit`, an explicit zero differs from unset.
"""


@dataclass(frozen=True)
class Difference:
    """A field that is not as declared. `expected` is None if it must be unset, `actual` is None if it is unset."""

    path: tuple[str, ...]
    expected: Value
    actual: Value

    @property
    def place(self) -> str:
        """Return the path as kubectl writes it."""
        return place(self.path)


def place(path: tuple[str, ...]) -> str:
    """Return a path as kubectl writes it: `spec.containers[time].image`."""
    return "".join(part if part.startswith("[") else f".{part}" for part in path).lstrip(".")


def without_items(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return a path without the items of lists."""
    return tuple(part for part in path if not part.startswith("["))


def leaves(value: Value, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each field that the value sets; items of a list share one path."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            # Most values are text: to ask for that first saves most of the time.
            if isinstance(inner, str):
                yield *path, key
            else:
                yield from leaves(inner, (*path, key))
    elif _is_list(value) and value:
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path


def differences(
    expected: Mapping[str, Value], actual: Mapping[str, Value], *, known: bool = True
) -> Iterator[Difference]:
    """Yield the differences between a manifest, or a part of one, and the live object.

    If the kind is not `known`, an omitted field may have any value at every depth, since its definition may have
    defaults, and a declared zero or empty value is equal to none.
    """
    return _mapping((), expected, actual, closed=False if known else None)


def _differ(path: tuple[str, ...], expected: Value, actual: Value, *, closed: bool | None) -> Iterator[Difference]:
    """Yield the differences of a field; `closed` says whether undeclared keys are differences, None is never."""
    found = _inside(path, expected, actual, closed=None if closed is None else closed or path[-1] in CLOSED)
    if closed is None or path[-1] not in WHOLE:
        yield from found
    elif any(found):
        yield Difference(path, expected, actual)


def _inside(path: tuple[str, ...], expected: Value, actual: Value, *, closed: bool | None) -> Iterator[Difference]:
    if isinstance(expected, Hidden):
        if actual is None:
            yield Difference(path, expected, actual)
    elif isinstance(expected, Mapping) and isinstance(actual, Mapping):
        # An empty mapping has a meaning: `emptyDir: {}`, `podSelector: {}`.
        yield from _mapping(path, expected, actual, closed=closed)
    elif (_is_omitted(path, expected) and _is_omitted(path, actual)) or (
        closed is None and actual is None and not expected
    ):
        return
    elif _is_list(expected) and _is_list(actual):
        yield from _sequence(path, expected, actual, closed=closed)
    elif not _same(path, expected, actual):
        yield Difference(path, expected, actual)


def _mapping(
    path: tuple[str, ...], expected: Mapping[str, Value], actual: Mapping[str, Value], *, closed: bool | None
) -> Iterator[Difference]:
    for key, value in expected.items():
        yield from _differ((*path, key), value, actual.get(key), closed=closed)
    added = [key for key in actual if key not in expected and not _is_default(path, key, actual[key])] if closed else ()
    places = (((*path, key), actual[key]) for key in added)
    yield from (Difference(place, None, value) for place, value in places if not _is_omitted(place, value))


def _is_default(path: tuple[str, ...], key: str, value: Value) -> bool:
    field = next(iter(without_items(path)[-1:]), "")
    return (field, key) in DEFAULTS and DEFAULTS[field, key] == value


def _sequence(
    path: tuple[str, ...], expected: Sequence[Value], actual: Sequence[Value], *, closed: bool | None
) -> Iterator[Difference]:
    declared, live = _named(expected), _named(actual)
    if declared is None or live is None:
        if len(expected) != len(actual):
            yield Difference(path, expected, actual)
            return
        declared = {f"[{index}]": value for index, value in enumerate(expected)}
        live = {f"[{index}]": value for index, value in enumerate(actual)}
    for key in chain(declared, (key for key in live if key not in declared)):
        yield from _differ((*path, key), declared.get(key), live.get(key), closed=closed)


def _named(items: Sequence[Value]) -> dict[str, Value] | None:
    """Return the items by name; None unless each has a unique name, as containers and volumes have."""
    named: dict[str, Value] = {f"[{i['name']}]": i for i in items if isinstance(i, Mapping) and "name" in i}
    return named if len(named) == len(items) else None


def _same(path: tuple[str, ...], expected: Value, actual: Value) -> bool:
    if expected == actual:
        return True
    if not QUANTITIES.intersection(path) or not isinstance(expected, str) or not isinstance(actual, str):
        return False
    try:
        return amount(expected) == amount(actual)
    except ValueError:
        return False


def _is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    return not isinstance(value, str) and isinstance(value, Sequence)


def _is_omitted(path: tuple[str, ...], value: Value) -> bool:
    """Return whether Kubernetes omits this value of the field from JSON."""
    if value is None or (_is_list(value) and not value):
        return True
    return not value and not isinstance(value, Mapping) and path[-1] in OMITTED
