"""Changes of several settings at once, as far as they do not touch the same fields."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any

from tests.checks.mutations.settings import Change, Json

Path = tuple[str, ...]
Documents = tuple[Json | None, Json | None]


def rounds(some: Iterable[Change]) -> Iterator[list[Change]]:
    """Yield together the changes that can be made at once, and be told from each other."""
    left = list(some)
    while left:
        together: list[Change] = []
        for one in left:
            if all(_apart(one, other) for other in together):
                together.append(one)
        yield together
        left = [one for one in left if one not in together]


def combined(together: Iterable[Change]) -> Mapping[str, Documents]:
    """Return each object of some changes before them, and after all of them."""
    objects: dict[str, list[Documents]] = {}
    for one in together:
        for name, documents in one.objects.items():
            objects.setdefault(name, []).append(documents)
    return {name: (changes[0][0], reduce(_after, changes, changes[0][0])) for name, changes in objects.items()}


def merged(live: Any, before: Any, after: Any) -> Any:
    """Return a live value with what differs between two manifests as in the second."""
    if before == after:
        return live
    if all(isinstance(value, dict) for value in (live, before, after)):
        result = copy.deepcopy(live)
        for key in {**before, **after}:
            if key in before and key in after and before[key] == after[key]:
                continue
            if key not in after:
                result.pop(key, None)
            elif key not in live or key not in before:
                result[key] = after[key]
            else:
                result[key] = merged(live[key], before[key], after[key])
        return result
    if all(isinstance(value, list) for value in (live, before, after)) and len(live) == len(before) == len(after):
        return [merged(*values) for values in zip(live, before, after, strict=True)]
    return after


def paths(before: Any, after: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of the fields that differ, without the items of lists."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from paths(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            yield from paths(old, new, path)
    else:
        yield path


def related(one: Path, other: Path) -> bool:
    """Return whether one path leads to the other's field, or into it."""
    return all(a == b for a, b in zip(one, other, strict=False))


def _after(document: Json | None, change: Documents) -> Json | None:
    before, after = change
    result: Json | None = merged(document, before, after)
    return result


def _apart(one: Change, other: Change) -> bool:
    shared = one.objects.keys() & other.objects.keys()
    return not any(
        related(a, b) for name in shared for a in paths(*one.objects[name]) for b in paths(*other.objects[name])
    )
