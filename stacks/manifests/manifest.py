"""A declared Kubernetes object as plain data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, TypeAlias, cast


class Hidden(Enum):
    """The type of HIDDEN: a value that the declaration does not have, because it is secret or derived from secrets."""

    HIDDEN = "[hidden]"


HIDDEN: Final = Hidden.HIDDEN

Identity = tuple[str, str, str]
"""Kind, namespace and name of an object."""

Value: TypeAlias = "bool | int | float | str | Hidden | Sequence[Value] | Mapping[str, Value] | None"
"""The JSON value of a field."""


@dataclass(frozen=True)
class Manifest:
    """A Kubernetes object as declared: exactly the fields that the stack fixes, under their JSON names."""

    api_version: str
    kind: str
    name: str
    namespace: str = ""
    """Empty for cluster-wide objects."""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str | Hidden] = field(default_factory=dict)
    content: Mapping[str, Value] = field(default_factory=dict)
    """All other top-level fields: spec, data, rules, roleRef, subjects, type …"""
    initial: Mapping[str, Value] = field(default_factory=dict)
    """Dotted path → value at creation. Afterwards another controller owns the field, so it is not declared."""
    declared_at: tuple[str, ...] = field(default=(), compare=False)
    """Path of the part of the declaration that it comes from, such as `("servers", "time")`; empty for all of it."""
    depends_on: frozenset[Identity] = field(default=frozenset(), compare=False)
    """Objects of the same part that must be deployed first."""

    retained: bool = field(default=False, compare=False)
    """Whether the object stays in the cluster when it leaves the stack."""

    @property
    def identity(self) -> Identity:
        """Return what tells it from all other objects of the stack."""
        return self.kind, self.namespace, self.name

    def after(self, others: Iterable["Manifest"]) -> "Manifest":
        """Return it as one that is deployed after these."""
        return replace(self, depends_on=frozenset(other.identity for other in others))

    def document(self) -> dict[str, Value]:
        """Return it as JSON, of dicts and lists, with HIDDEN for values that are not known here."""
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": self.metadata(), **_fields(self.content)}

    def made(self) -> dict[str, Value]:
        """Return it as JSON for its creation, with the values of `initial`."""
        document = self.document()
        for path, value in self.initial.items():
            *parents, last = path.split(".")
            place = document
            for parent in parents:
                place = cast("dict[str, Value]", place[parent])
            place[last] = value
        return document

    def metadata(self) -> dict[str, Value]:
        """Return its metadata as JSON."""
        fixed: dict[str, Value] = {"namespace": self.namespace, "labels": self.labels, "annotations": self.annotations}
        return {"name": self.name, **_fields({key: value for key, value in fixed.items() if value})}


def shown(value: Value) -> object:
    """Return a JSON value with the text of HIDDEN in its place, for people to read."""
    if isinstance(value, Mapping):
        return {key: shown(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [shown(one) for one in value]
    return value.value if isinstance(value, Hidden) else value


def given(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Return the fields that are not None; the stack does not fix the others."""
    return {key: value for key, value in fields.items() if value is not None}


def _fields(fields: Mapping[str, Value]) -> dict[str, Value]:
    return {key: _plain(value) for key, value in fields.items()}


def _plain(value: Value) -> Value:
    # Most values are text; the questions below take much longer.
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _fields(value)
    if isinstance(value, Sequence):
        return [_plain(one) for one in value]
    return value
