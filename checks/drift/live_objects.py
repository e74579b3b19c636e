"""The live objects of every kind that the stack declares: one list a kind where that is allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import anyio
import msgspec

from checks.kube.client import ApiClient, Kind, Read, ReadFailure, Reading
from checks.kube.listing import everywhere
from checks.kube.resources import CLUSTER_WIDE, CUSTOM, NAMESPACED, Document
from checks.results.result import Reason
from stacks.manifests.build import build
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration

T = TypeVar("T")

Named = Mapping[str, Document]
"""Objects of one kind and namespace, by name."""


@dataclass(frozen=True)
class Objects:
    """Live objects by kind and namespace; the namespace of what lies in none is empty."""

    lists: Mapping[tuple[str, str], Reading[Named]]

    def of(self, kind: str, namespace: str = "") -> Reading[Named]:
        """Give the objects of a kind in a namespace.

        Raises:
            KeyError: they were not asked for.
        """
        return self.lists[kind, namespace]

    def typed(self, kind: str, namespace: str, item: type[T]) -> Reading[tuple[T, ...]]:
        """Give the objects of a kind in a namespace, of which only the fields of `item` are read."""
        reading = self.of(kind, namespace)
        if isinstance(reading, ReadFailure):
            return reading
        try:
            return Read(tuple(msgspec.convert(document, item) for document in reading.value.values()), reading.seconds)
        except msgspec.ValidationError as error:
            message = f"the API server sent what is no {kind}: {error}"
            return ReadFailure(f"read {kind} in namespace {namespace}", Reason.UNDECODABLE, message)

    def find(self, obj: Manifest) -> Reading[Document | None]:
        """Give the live object of a declared one; None if there is none."""
        reading = self.of(obj.kind, obj.namespace)
        return reading if isinstance(reading, ReadFailure) else Read(reading.value.get(obj.name), reading.seconds)


async def read(declaration: Declaration, api: ApiClient) -> Objects:
    """List every kind in all namespaces with declared objects."""
    lists: dict[tuple[str, str], Reading[Named]] = {}

    async def cluster_wide(name: str, kind: Kind[Document]) -> None:
        lists[name, ""] = _by_name(await api.list(kind))

    async def namespaced(name: str, kind: Kind[Document], spaces: set[str]) -> None:
        for space, reading in (await everywhere(api, kind, spaces, _namespace)).items():
            lists[name, space] = _by_name(reading)

    async with anyio.create_task_group() as group:
        for name, kind in CLUSTER_WIDE.items():
            group.start_soon(cluster_wide, name, kind)
        for name, spaces in _namespaces(declaration).items():
            group.start_soon(namespaced, name, (NAMESPACED | CUSTOM)[name], spaces)
    return Objects(lists)


def unread(declaration: Declaration, why: ReadFailure) -> Objects:
    """Give the objects of a cluster of which nothing can be read."""
    places = {(kind, "") for kind in CLUSTER_WIDE}
    places |= {(kind, space) for kind, spaces in _namespaces(declaration).items() for space in spaces}
    return Objects(dict.fromkeys(places, why))


def _namespaces(declaration: Declaration) -> dict[str, set[str]]:
    """Name, for each kind, the namespaces to look into: the declared ones, and where else objects are declared."""
    spaces: dict[str, set[str]] = {kind: {*declaration.namespaces} for kind in NAMESPACED}
    for obj in build(declaration):
        if obj.kind in NAMESPACED | CUSTOM:
            spaces.setdefault(obj.kind, set()).add(obj.namespace)
    return spaces


def _by_name(reading: Reading[tuple[Document, ...]]) -> Reading[Named]:
    if isinstance(reading, ReadFailure):
        return reading
    return Read({_metadata(document)["name"]: document for document in reading.value}, reading.seconds)


def _namespace(document: Document) -> str:
    return _metadata(document).get("namespace", "")


def _metadata(document: Document) -> Mapping[str, str]:
    return cast("Mapping[str, str]", document["metadata"])
