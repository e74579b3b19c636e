"""Looks for Secrets and ConfigMaps of the stack's label that nobody uses any more."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Protocol

import anyio

from checks.kube.client import METADATA, ApiClient, Kind, Read, ReadFailure, Reading
from checks.kube.listing import Listing, PerNamespace, everywhere
from checks.kube.models.base import Meta, Object
from checks.kube.models.references import Account, Ingress, ReaderPod, Reference, Workload
from checks.secrets import wanted
from checks.secrets.wanted import Place
from stacks.model import names
from stacks.model.declaration import Declaration


class Labelled(Object, frozen=True):
    """An object of which only the metadata is read."""

    metadata: Meta


class _User(Protocol):
    """Whatever names Secrets and ConfigMaps."""

    def references(self) -> Iterator[Reference]:
        """Give every Secret and ConfigMap that it names."""


_KINDS = {
    "Secret": Kind("api/v1", "secrets", Labelled, METADATA),
    "ConfigMap": Kind("api/v1", "configmaps", Labelled, METADATA),
}
_USERS: tuple[Kind[_User], ...] = (
    Kind("api/v1", "pods", ReaderPod),
    Kind("api/v1", "serviceaccounts", Account),
    Kind("apis/apps/v1", "deployments", Workload),
    Kind("apis/apps/v1", "statefulsets", Workload),
    Kind("apis/apps/v1", "daemonsets", Workload),
    Kind("apis/batch/v1", "cronjobs", Workload),
    Kind("apis/networking.k8s.io/v1", "ingresses", Ingress),
)


async def read(declaration: Declaration, api: ApiClient) -> Mapping[str, Reading[tuple[Reference, ...]]]:
    """Give the Secrets and ConfigMaps of each declared namespace that nobody uses.

    What the declaration says is used counts as used, so that on a healthy stack two lists of metadata answer it.
    """
    known, spaces = _known(declaration), declaration.namespaces
    listed: dict[str, PerNamespace[Labelled]] = {}
    idle: dict[str, Reading[tuple[Reference, ...]]] = {}

    async def list_kind(kind: str, of: Kind[Labelled]) -> None:
        listed[kind] = await everywhere(api, of, spaces, _namespace, labels=names.COMPONENT)

    async def look_into(space: str) -> None:
        idle[space] = await _idle(api, space, {kind: listings[space] for kind, listings in listed.items()}, known)

    async with anyio.create_task_group() as group:
        for kind, of in _KINDS.items():
            group.start_soon(list_kind, kind, of)
    async with anyio.create_task_group() as group:
        for space in spaces:
            group.start_soon(look_into, space)
    return idle


async def _idle(
    api: ApiClient, namespace: str, listed: Mapping[str, Listing[Labelled]], known: Set[tuple[str, Place]]
) -> Reading[tuple[Reference, ...]]:
    candidates: list[Reference] = []
    seconds = 0.0
    for kind, reading in listed.items():
        if isinstance(reading, ReadFailure):
            return reading
        seconds += reading.seconds
        found = (obj.metadata.name for obj in reading.value)
        candidates += [Reference(kind, name) for name in found if (kind, Place(namespace, name)) not in known]
    if not candidates:
        return Read((), seconds)
    used = await _used(api, namespace)
    if isinstance(used, ReadFailure):
        return used
    idle = tuple(candidate for candidate in candidates if (candidate.kind, candidate.name) not in used.value)
    return Read(idle, seconds + used.seconds)


def _namespace(item: Labelled) -> str:
    return item.metadata.namespace


def _known(declaration: Declaration) -> set[tuple[str, Place]]:
    objects: Iterable[tuple[str, wanted.WantedSecret | wanted.WantedConfigMap]] = [
        *(("Secret", secret) for secret in wanted.secrets(declaration)),
        *(("ConfigMap", config_map) for config_map in wanted.config_maps(declaration)),
    ]
    used = {(kind, obj.place) for kind, obj in objects if obj.users}
    return used | wanted.read_through_the_api(declaration)


async def _used(api: ApiClient, namespace: str) -> Reading[frozenset[tuple[str, str]]]:
    readings: list[Reading[tuple[_User, ...]]] = []

    async def one(kind: Kind[_User]) -> None:
        readings.append(await api.list(kind, namespace))

    async with anyio.create_task_group() as group:
        for kind in _USERS:
            group.start_soon(one, kind)
    used: set[tuple[str, str]] = set()
    for reading in readings:
        if isinstance(reading, ReadFailure):
            return reading
        used |= {(named.kind, named.name) for user in reading.value for named in user.references()}
    return Read(frozenset(used), max(reading.seconds for reading in readings))
