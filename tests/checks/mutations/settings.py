"""A mutation of each setting: the stack's objects as they would be if the stack file had another value there."""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from stacks.errors import DeclarationError
from stacks.loader import parse
from stacks.manifests.build import build
from stacks.manifests.checksum import checksum
from stacks.manifests.manifest import Manifest, shown
from stacks.model import names
from stacks.model.declaration import Declaration

Json = dict[str, Any]
Key = str | int
Setting = tuple[str, str]
"""The class of the model that defines a setting, and the setting's name in a stack file."""

STACK = Path(__file__).with_name("every_setting.yaml")


@dataclass(frozen=True)
class Place:
    """Where the stack file has a setting, and the settings that it is a part of."""

    setting: Setting
    path: tuple[Key, ...]
    groups: tuple[Setting, ...] = ()

    def __str__(self) -> str:
        return ".".join(map(str, self.path))


@dataclass(frozen=True)
class Change:
    """What another value of a setting changes: object → its document before and after; None where there is none."""

    place: Place
    objects: Mapping[str, tuple[Json | None, Json | None]]

    @property
    def declared(self) -> list[str]:
        """Return the objects that the stack has."""
        return [name for name, (before, _) in self.objects.items() if before is not None]


@cache
def written() -> Json:
    """Return the settings of the stack that uses all of them."""
    settings: Json = yaml.safe_load(STACK.read_text(encoding="utf-8"))
    return settings


@cache
def declared() -> Declaration:
    """Return its declaration."""
    return parse(written(), STACK.name)


def defined(model: type[BaseModel], name: str) -> Setting:
    """Return a setting by the class that defines it, which others may inherit."""
    owner = next(one for one in reversed(model.__mro__) if name in getattr(one, "__annotations__", {}))
    return owner.__name__, str(model.model_fields[name].alias)


def places() -> Iterator[Place]:
    """Yield every setting of the stack that has a value of its own, not further settings; then the added ones."""
    yield from _places(declared(), Place(("", ""), ()), written())
    for path in ADDED:
        model: Any = declared()
        for key in path[:-1]:
            model = model[key] if isinstance(model, Mapping) else getattr(model, to_snake(str(key)))
        yield Place(defined(type(model), to_snake(str(path[-1]))), path)


def _places(model: BaseModel, group: Place, given: Json) -> Iterator[Place]:
    for name, field in type(model).model_fields.items():
        if field.alias in given:
            setting = defined(type(model), name)
            place = Place(setting, (*group.path, field.alias), (*group.groups, setting))
            yield from list(_inside(getattr(model, name), place, given[field.alias])) or [place]


def _inside(value: object, place: Place, given: Any) -> Iterator[Place]:
    if isinstance(value, BaseModel):
        yield from _places(value, place, given) if isinstance(given, dict) else ()
    elif isinstance(value, (Mapping, tuple)):
        for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _inside(inner, replace(place, path=(*place.path, key)), given[key])


def changes() -> Iterator[Change]:
    """Yield a change for each setting that reaches an object."""
    found: set[Setting] = set()
    for place in places():
        if place.setting not in found and (one := change(place)) and one.declared:
            found.add(place.setting)
            yield one


def change(place: Place) -> Change | None:
    """Return what another value of the setting would change; None if no other value changes an object."""
    for settings in _others(place):
        try:
            other = parse(settings, STACK.name)
        except DeclarationError:
            continue
        if objects := _differing(other):
            return Change(place, objects)
    return None


OTHER: Mapping[Setting, object] = {
    ("Client", "server"): "scaled",
    ("ConfigMap", "namespace"): "limited",
    ("ConfigMapUse", "name"): "unused",
    ("Destination", "cidrs"): ["198.51.100.0/24"],
    ("FromField", "fieldRef"): "metadata.namespace",
    ("KubeStateMetrics", "namespace"): "limited",
    ("KubernetesAccess", "namespaces"): ["limited"],
    ("ResourceField", "resource"): "requests.memory",
    ("Secret", "namespace"): "limited",
    ("SecretValue", "key"): "OTHER",
    ("SecretValue", "secret"): "shared",
    ("Server", "transport"): "sse",
    ("Webhook", "key"): "spare",
    ("Webhook", "secret"): "spare",
    ("Workload", "namespace"): "limited",
}
"""Values of settings for which no other is found by changing a number, a text or a list."""

WITH_ITS_GROUP = frozenset({("Client", "workload"), ("KubernetesAccess", "everywhere"), ("SecretUse", "name")})
"""Settings that their group cannot do without, and that can have no other value while the rest is as it is."""

ADDED: Mapping[tuple[Key, ...], object] = {
    ("agent", "log", "claim"): {"size": "2Gi", "accessModes": ["ReadWriteMany"]},
    ("resourceManager", "scope"): "cluster",
    ("servers", "stored", "serviceAccount", "existing"): True,
}
"""Settings that the stack does not have, because they exclude others: what they would change."""


def _others(place: Place) -> Iterator[Json]:
    """Yield the settings without the one at a place, with other values there, or without its group."""
    if place.path in ADDED:
        yield _edited(place.path, ADDED[place.path])
        return
    for value in (_REMOVED, *_values(place)):
        yield _edited(place.path, value)
    if place.setting in WITH_ITS_GROUP:
        yield _edited(place.path[:-1], _REMOVED)


_REMOVED = object()


def _edited(path: tuple[Key, ...], value: object) -> Json:
    *parents, last = path
    settings = copy.deepcopy(written())
    target: Any = settings
    for key in parents:
        target = target[key]
    if value is _REMOVED:
        del target[last]
    else:
        target[last] = value
    return settings


def _values(place: Place) -> Iterator[object]:
    """Yield values that a setting may have instead."""
    value: Any = written()
    for key in place.path:
        value = value[key]
    if place.setting in OTHER:
        yield OTHER[place.setting]
    yield from _altered(value)


def _altered(value: object) -> Iterator[object]:
    match value:
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1)
        case str():
            yield from (f"{value}x", f"{value}1", f"1{value}")
        case list() if value:
            yield from (value[:-1], [next(_altered(one)) for one in value])
        case dict():
            for key, one in value.items():
                yield from ({**value, key: other} for other in _altered(one))
                yield {f"{other}x" if other == key else other: inner for other, inner in value.items()}


def _differing(other: Declaration) -> Mapping[str, tuple[Json | None, Json | None]]:
    before, after = manifests(declared()), manifests(other)
    kept = [digest for each in (declared(), other) for digest in (each.digest(), each.followed().digest())]
    return {
        name: (_sent(before.get(name)), _sent(after.get(name)))
        for name in {**before, **after}
        if before.get(name) != after.get(name) and _unhashed(before.get(name), kept) != _unhashed(after.get(name), kept)
    }


def _unhashed(manifest: Manifest | None, digests: Sequence[str]) -> str:
    """Return an object as text, without the hashes of the declaration and of what the agent follows."""
    text = repr(manifest and (manifest.metadata(), manifest.content))
    for digest in digests:
        text = text.replace(digest, "")
    return text


def manifests(declaration: Declaration) -> dict[str, Manifest]:
    """Return the objects of a declaration by their name in reports, but not those that each change makes anew."""
    return {_name(manifest): manifest for manifest in build(declaration) if not _is_derived(manifest)}


def _is_derived(manifest: Manifest) -> bool:
    return manifest.name == names.DECLARATION_CONFIG_MAP or manifest.kind == "Job"


def _name(manifest: Manifest) -> str:
    place = f"{manifest.namespace}/{manifest.name}" if manifest.namespace else manifest.name
    return f"{manifest.kind} {place}"


def _sent(manifest: Manifest | None) -> Json | None:
    return sent(manifest) if manifest else None


def sent(manifest: Manifest) -> Json:
    """Return an object as JSON, with a text in the place of each hidden value."""
    document: Json = json.loads(json.dumps(shown(manifest.made())))
    if manifest.kind == "Secret" and "data" in document:
        keys = document["data"]
        document["data"] = dict.fromkeys(keys, "aGlkZGVu")
        owner = f"{manifest.namespace}/{manifest.name}"
        sums = checksum(owner, {}, dict.fromkeys(keys, "hidden"))
        document["metadata"].setdefault("annotations", {})[names.CHECKSUM] = sums
    return document
