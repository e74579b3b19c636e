"""Find unused Secrets and ConfigMaps with the stack's label."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Protocol

from checks.kube.client import METADATA, Kind
from checks.kube.concurrent import read_each
from checks.kube.listing import listed
from checks.kube.models.base import Meta, Object
from checks.kube.models.references import Account, Ingress, ReaderPod, Reference, Workload
from checks.kube.reading import Read, ReadFailure, Reading
from checks.kube.resources import RESOURCES, Document
from checks.secrets.wanted import (
    Place,
    WantedConfigMap,
    WantedSecret,
    read_through_the_api,
    wanted_config_maps,
    wanted_secrets,
)
from checks.snapshot.reader import Collector, Reader
from checks.snapshot.snapshot import converted
from stacks.model import names
from stacks.model.declaration import Declaration


class Labelled(Object, frozen=True):
    """An object of which only the metadata is read."""

    metadata: Meta


class _User(Protocol):
    """An object that refers to Secrets and ConfigMaps."""

    def references(self) -> Iterator[Reference]:
        """Yield every Secret and ConfigMap that it refers to."""


_SECRETS = Kind("api/v1", "secrets", Labelled, METADATA)
_LISTED: tuple[tuple[str, type[_User]], ...] = (
    ("ServiceAccount", Account),
    ("Deployment", Workload),
    ("CronJob", Workload),
)
"""Users of which the verification has lists anyway."""
_USERS: tuple[Kind[_User], ...] = (
    Kind("api/v1", "pods", ReaderPod),
    Kind("apis/apps/v1", "statefulsets", Workload),
    Kind("apis/apps/v1", "daemonsets", Workload),
    Kind("apis/networking.k8s.io/v1", "ingresses", Ingress),
)


async def collect(reader: Reader) -> Mapping[str, Reading[tuple[Reference, ...]]]:
    """Return the unused Secrets and ConfigMaps of each namespace with objects of the stack; none inside the cluster.

    An object with a declared user counts as used, so that a healthy stack needs only one list of metadata.
    """
    if reader.connection.inside:
        return {}
    known, spaces = _known(reader.declaration), reader.declaration.occupied_namespaces()
    secrets = (await listed(reader.api, _SECRETS, spaces, _namespace, labels=names.COMPONENT)).parts
    config_maps = (await reader.listing("ConfigMap")).parts

    async def unused(space: str) -> Reading[tuple[Reference, ...]]:
        candidates = {"Secret": secrets[space], "ConfigMap": _labelled(config_maps[space])}
        return await _unused(reader, space, candidates, known)

    return await read_each(unused, spaces)


UNUSED = Collector(collect)


def _labelled(reading: Reading[tuple[Document, ...]]) -> Reading[tuple[Labelled, ...]]:
    """Return the objects with the stack's label."""
    found = converted(reading, Labelled, "read ConfigMaps")
    if isinstance(found, ReadFailure):
        return found
    return Read(tuple(each for each in found.value if names.COMPONENT in each.metadata.labels), found.seconds)


async def _unused(
    reader: Reader, namespace: str, labelled: Mapping[str, Reading[tuple[Labelled, ...]]], known: Set[tuple[str, Place]]
) -> Reading[tuple[Reference, ...]]:
    candidates: list[Reference] = []
    seconds = 0.0
    for kind, reading in labelled.items():
        if isinstance(reading, ReadFailure):
            return reading
        seconds += reading.seconds
        found = (obj.metadata.name for obj in reading.value)
        candidates += [Reference(kind, name) for name in found if (kind, Place(namespace, name)) not in known]
    if not candidates:
        return Read((), seconds)
    used = await _used(reader, namespace)
    if isinstance(used, ReadFailure):
        return used
    unused = tuple(candidate for candidate in candidates if (candidate.kind, candidate.name) not in used.value)
    return Read(unused, seconds + used.seconds)


def _namespace(item: Labelled) -> str:
    return item.metadata.namespace


def _known(declaration: Declaration) -> set[tuple[str, Place]]:
    objects: Iterable[tuple[str, WantedSecret | WantedConfigMap]] = [
        *(("Secret", secret) for secret in wanted_secrets(declaration)),
        *(("ConfigMap", config_map) for config_map in wanted_config_maps(declaration)),
    ]
    used = {(kind, obj.place) for kind, obj in objects if obj.users}
    return used | read_through_the_api(declaration)


async def _used(reader: Reader, namespace: str) -> Reading[frozenset[tuple[str, str]]]:
    readings = list((await read_each(lambda kind: reader.api.list(kind, namespace), _USERS)).values())
    for name, user in _LISTED:
        listed_users = (await reader.listing(name)).parts.get(namespace)
        if listed_users is None:
            # Of an existing namespace some kinds are not listed.
            listed_users = await reader.api.list(RESOURCES[name], namespace)
        readings.append(converted(listed_users, user, f"read {name} in namespace {namespace}"))
    used: set[tuple[str, str]] = set()
    for reading in readings:
        if isinstance(reading, ReadFailure):
            return reading
        used |= {(named.kind, named.name) for user in reading.value for named in user.references()}
    return Read(frozenset(used), max(reading.seconds for reading in readings))
