"""What Secrets and ConfigMaps are in the cluster, whether they are as deployed, and who uses them. No value is kept."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind, Read, ReadFailure, Reading
from checks.kube.connection import Connection
from checks.kube.models.references import Reference, Workload
from checks.secrets import rolled, unused, wanted
from checks.secrets.rolled import CONFIG_MAPS, Cluster, Server
from checks.secrets.sealed import SECRETS, Opened, Sealed, seal
from checks.secrets.wanted import Place
from stacks.model.declaration import Declaration

K = TypeVar("K")
T = TypeVar("T")

DEPLOYMENTS = Kind("apis/apps/v1", "deployments", Workload)
INSIDE = "the verifier's account may read no Secret, and so no one else by way of it: verify from outside"


@dataclass(frozen=True)
class Secrets:
    """The Secrets and ConfigMaps that the declaration wants, those that nobody uses, and the servers that read them."""

    taken: datetime
    secrets: Mapping[Place, Reading[Sealed | None]] = field(default_factory=dict)
    config_maps: Mapping[Place, Reading[k8s.ConfigMap | None]] = field(default_factory=dict)
    servers: Mapping[str, Reading[Server | None]] = field(default_factory=dict)
    unused: Mapping[str, Reading[tuple[Reference, ...]]] = field(default_factory=dict)
    """Namespace → objects of the stack's label that nobody uses."""
    skipped: str = ""
    """Why nothing of it was read, if that is so."""


async def read(declaration: Declaration, connection: Connection, api: ApiClient) -> Secrets:
    """Read each wanted object by its name, for a list of Secrets would send every value there is."""
    if connection.inside:
        return Secrets(datetime.now(UTC), skipped=INSIDE)
    idle: Mapping[str, Reading[tuple[Reference, ...]]] = {}

    async def look_for_unused() -> None:
        nonlocal idle
        idle = await unused.read(declaration, api)

    async with anyio.create_task_group() as group:
        places = [secret.place for secret in wanted.secrets(declaration)]
        opened = _each(group, places, lambda place: api.get(SECRETS, *place))
        places = [config_map.place for config_map in wanted.config_maps(declaration)]
        config_maps = _each(group, places, lambda place: api.get(CONFIG_MAPS, *place))
        homes = {server.namespace for server in declaration.servers.values()}
        deployments = _each(group, homes, partial(api.list, DEPLOYMENTS))
        group.start_soon(look_for_unused)
    cluster = Cluster(declaration, api, opened, config_maps, deployments)
    async with anyio.create_task_group() as group:
        sealed = _each(group, opened, lambda place: _sealed(place, opened[place]))
        servers = _each(group, declaration.servers, partial(rolled.read, cluster))
    return Secrets(datetime.now(UTC), sealed, config_maps, servers, idle)


def _each(group: TaskGroup, keys: Iterable[K], read: Callable[[K], Awaitable[T]]) -> dict[K, T]:
    """Begin to read each; the values are there when the group has ended."""
    values: dict[K, T] = {}

    async def one(key: K) -> None:
        values[key] = await read(key)

    for key in keys:
        group.start_soon(one, key)
    return values


def unread(declaration: Declaration, why: ReadFailure) -> Secrets:
    """Give the part of a cluster of which nothing can be read."""
    return Secrets(
        datetime.now(UTC),
        secrets={secret.place: why for secret in wanted.secrets(declaration)},
        config_maps={config_map.place: why for config_map in wanted.config_maps(declaration)},
        servers=dict.fromkeys(declaration.servers, why),
        unused=dict.fromkeys(declaration.namespaces, why),
    )


async def _sealed(place: Place, opened: Reading[Opened | None]) -> Reading[Sealed | None]:
    if isinstance(opened, ReadFailure):
        return opened
    if opened.value is None:
        return Read(None, opened.seconds)
    return Read(await anyio.to_thread.run_sync(partial(seal, place, opened.value)), opened.seconds)
