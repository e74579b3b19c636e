"""A change of a live object, and the finding that has to say so."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from checks.results.catalogue import catalogue
from checks.results.result import Remedy
from tests.checks.mutations.live import Edit, Json

_BEYOND: set[Edit] = set()


@dataclass(frozen=True)
class Mutation:
    """One change; `edit` None deletes the object, a document creates it."""

    code: str
    object: str
    change: Edit | Json | None
    besides: Set[str] = frozenset()
    """Codes of what the change truly brings about as well."""
    within: float = 0.0
    """Seconds that a controller of the cluster may take to bring the finding about."""

    @property
    def remedy(self) -> Remedy:
        """Who puts it right."""
        if self.object.split()[0] in {"PersistentVolumeClaim", "StatefulSet"} or self.code == "secret.unused":
            return Remedy.PERSON
        if callable(self.change) and self.change in _BEYOND:
            return Remedy.PERSON if self.object.startswith("Secret ") else Remedy.REPAIR
        return catalogue()[self.code].remedy


def put(path: str, value: object) -> Edit:
    """Set a field by its path; numbers index lists, `~` stands for a slash in a key."""

    def edit(document: Json) -> None:
        target, last = _walk(document, path)
        target[last] = value

    return edit


def drop(path: str) -> Edit:
    """Remove a field."""

    def edit(document: Json) -> None:
        target, last = _walk(document, path)
        del target[last]

    return edit


def add(path: str, item: object) -> Edit:
    """Append to a list."""

    def edit(document: Json) -> None:
        target, last = _walk(document, path)
        target.setdefault(last, []).append(item)

    return edit


def beyond(edit: Edit) -> Edit:
    """Mark an edit that only adds to what is declared: a deployment does not see that, and leaves it."""
    _BEYOND.add(edit)
    return edit


def _walk(document: Json, path: str) -> tuple[Any, Any]:
    *parents, last = [int(part) if part.isdigit() else part.replace("~", "/") for part in path.split("/")]
    target: Any = document
    for part in parents:
        target = target.setdefault(part, {}) if isinstance(target, dict) else target[part]
    return target, last


def container(path: str) -> str:
    """Return the path of a field of the first container."""
    return f"spec/template/spec/containers/0/{path}"


def label(key: str) -> str:
    """Return the path of a label."""
    return f"metadata/labels/{key.replace('/', '~')}"


def annotation(key: str) -> str:
    """Return the path of an annotation."""
    return f"metadata/annotations/{key.replace('/', '~')}"


def mutate(code: str, obj: str, *changes: Edit | None, besides: Set[str] = frozenset()) -> list[Mutation]:
    """Return a mutation for each change, all of one object and with one code."""
    return [Mutation(code, obj, change, besides) for change in changes]
