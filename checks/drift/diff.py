"""Where a live object differs from the declared one, by the meaning of server-side apply.

What the declaration says must be there; what it leaves out may have any value, for the API server fills in defaults and
controllers write statuses. Where leaving out has a meaning of its own (a selector, a rule, a limit: see CLOSED) nothing
may be added either. Lists have a fixed length, for an added container or port is a difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeGuard

from stacks.manifests.manifest import Hidden, Value
from stacks.model.quantity import amount

QUANTITIES = frozenset({"hard", "limits", "requests", "max", "min", "default", "defaultRequest"})
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
"""Fields that mean something only as a whole: one difference, whatever differs in them."""

CLOSED = WHOLE | QUANTITIES | {"data", "securityContext"}
"""Fields in which something that is there undeclared is a difference, at any depth."""

OMITTED = frozenset(
    {"hostIPC", "hostNetwork", "hostPID", "initialDelaySeconds", "minReadySeconds", "paused", "readOnly", "value"}
)
"""Fields whose zero Kubernetes leaves out when it writes JSON: their types are no pointers, and say `omitempty`.

Of any other field, such as `allowPrivilegeEscalation` or `backoffLimit`, zero is a word of its own: leaving it out
means the default.
"""


@dataclass(frozen=True)
class Difference:
    """A field that is not as declared; `expected` is None if it should not be there, `actual` if it is not."""

    path: tuple[str, ...]
    expected: Value
    actual: Value

    @property
    def place(self) -> str:
        """Give the path as kubectl writes it."""
        return place(self.path)


def place(path: tuple[str, ...]) -> str:
    """Write a path as kubectl does: `spec.containers[time].image`."""
    return "".join(part if part.startswith("[") else f".{part}" for part in path).lstrip(".")


def plain(path: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out which item of a list a path leads through."""
    return tuple(part for part in path if not part.startswith("["))


def leaves(value: Value, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give the path of each field that the value fixes; items of a list share one path."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif _listed(value) and value:
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path


def refreshable(expected: Value, actual: Value) -> bool:
    """Check whether `pulumi up --refresh` sees that a field differs.

    A refresh looks only at declared keys of maps, and at as many items of a list as are declared: what is there in
    addition it leaves, and what is declared to be empty it takes for empty.
    """
    return expected is not None and actual != expected and _seen(expected, actual)


def _seen(expected: Value, actual: Value) -> bool:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        # A key that is gone is seen, unless it is declared to be empty, which the API server leaves out.
        return any(_seen(value, actual.get(key)) for key, value in expected.items())
    if _listed(expected) and _listed(actual):
        pairs = zip(expected, actual, strict=False)
        return len(actual) < len(expected) or any(_seen(ours, theirs) for ours, theirs in pairs)
    return expected != actual and not (_empty(expected) and actual is None)


def _empty(value: Value) -> bool:
    return isinstance(value, (Mapping, Sequence)) and not value


def differences(expected: Mapping[str, Value], actual: Mapping[str, Value]) -> Iterator[Difference]:
    """Compare a declared object, or a part of one, with the live one."""
    return _mapping((), expected, actual, closed=False)


def _differ(path: tuple[str, ...], expected: Value, actual: Value, *, closed: bool) -> Iterator[Difference]:
    found = _inside(path, expected, actual, closed=closed or path[-1] in CLOSED)
    if path[-1] not in WHOLE:
        yield from found
    elif any(found):
        yield Difference(path, expected, actual)


def _inside(path: tuple[str, ...], expected: Value, actual: Value, *, closed: bool) -> Iterator[Difference]:
    if isinstance(expected, Hidden):
        if actual is None:
            yield Difference(path, expected, actual)
    elif isinstance(expected, Mapping) and isinstance(actual, Mapping):
        # An empty one says something by being there: `emptyDir: {}`, `podSelector: {}`.
        yield from _mapping(path, expected, actual, closed=closed)
    elif _nothing(path, expected) and _nothing(path, actual):
        return
    elif _listed(expected) and _listed(actual):
        yield from _sequence(path, expected, actual, closed=closed)
    elif not _same(path, expected, actual):
        yield Difference(path, expected, actual)


def _mapping(
    path: tuple[str, ...], expected: Mapping[str, Value], actual: Mapping[str, Value], *, closed: bool
) -> Iterator[Difference]:
    for key, value in expected.items():
        yield from _differ((*path, key), value, actual.get(key), closed=closed)
    added = [key for key in actual if key not in expected] if closed else ()
    places = (((*path, key), actual[key]) for key in added)
    yield from (Difference(place, None, value) for place, value in places if not _nothing(place, value))


def _sequence(
    path: tuple[str, ...], expected: Sequence[Value], actual: Sequence[Value], *, closed: bool
) -> Iterator[Difference]:
    ours, theirs = _named(expected), _named(actual)
    if ours is None or theirs is None:
        if len(expected) != len(actual):
            yield Difference(path, expected, actual)
            return
        ours = {f"[{index}]": value for index, value in enumerate(expected)}
        theirs = {f"[{index}]": value for index, value in enumerate(actual)}
    for key in chain(ours, (key for key in theirs if key not in ours)):
        yield from _differ((*path, key), ours.get(key), theirs.get(key), closed=closed)


def _named(items: Sequence[Value]) -> dict[str, Value] | None:
    """Give the items by their names, where each has one of its own: containers, variables, volumes, ports."""
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


def _listed(value: Value) -> TypeGuard[Sequence[Value]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _nothing(path: tuple[str, ...], value: Value) -> bool:
    """Tell whether a value is what Kubernetes leaves out of a field when it writes JSON."""
    if value is None or (_listed(value) and not value):
        return True
    return not value and not isinstance(value, Mapping) and path[-1] in OMITTED
