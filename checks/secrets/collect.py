"""Collect the state of Secrets and ConfigMaps, and who uses them. No value is kept."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from checks.kube import models as k8s
from checks.kube.listing import Listing, PerNamespace
from checks.kube.models.references import Reference, Workload
from checks.kube.reading import Read, ReadFailure, Reading
from checks.kube.resources import Document
from checks.secrets.rolled import Cluster, Rolled, read_rolled
from checks.secrets.sealed import SECRETS, Opened, Sealed, seal
from checks.secrets.unused import collect_unused
from checks.secrets.wanted import Place, wanted_secrets
from checks.snapshot.reader import Collector, Reader
from checks.snapshot.snapshot import converted
from stacks.model.owner import Owner
from stacks.model.workload import controller

K = TypeVar("K")
T = TypeVar("T")

INSIDE = "the in-cluster verifier does not check Secrets, by design: run `cortex verify STACK` from outside the cluster"


@dataclass(frozen=True)
class Secrets:
    """The declared Secrets, the unused Secrets and ConfigMaps, and the pods that read them."""

    taken: datetime
    secrets: Mapping[Place, Reading[Sealed | None]] = field(default_factory=dict)
    rolled: Mapping[Owner, Reading[Rolled | None]] = field(default_factory=dict)
    unused: Mapping[str, Reading[tuple[Reference, ...]]] = field(default_factory=dict)
    """Namespace → unused objects with the stack's label."""
    skipped: str = ""
    """Why nothing was read; empty if it was."""


async def collect(reader: Reader) -> Secrets:
    """Read each declared Secret by its name, because a list of Secrets would send the values of all of them."""
    declaration, api = reader.declaration, reader.api
    if reader.connection.inside:
        return Secrets(datetime.now(UTC), skipped=INSIDE)
    unused: Mapping[str, Reading[tuple[Reference, ...]]] = {}

    async def look_for_unused() -> None:
        nonlocal unused
        unused = await collect_unused(reader)

    async with anyio.create_task_group() as group:
        places = [secret.place for secret in wanted_secrets(declaration)]
        opened = _each(group, places, lambda place: api.get(SECRETS, *place))
        group.start_soon(look_for_unused)
        config_maps = await reader.listing("ConfigMap")
        kinds = {controller(declared) for declared in declaration.running().values()}
        workloads = {kind: await reader.listing(kind) for kind in kinds}
    cluster = Cluster(
        declaration,
        api,
        opened,
        _converted(config_maps, k8s.ConfigMap, "ConfigMaps"),
        {kind: _converted(listing, Workload, f"{kind}s") for kind, listing in workloads.items()},
    )
    async with anyio.create_task_group() as group:
        sealed = _each(group, opened, lambda place: _sealed(place, opened[place]))
        rolled = _each(group, declaration.running(), partial(read_rolled, cluster))
    return Secrets(datetime.now(UTC), sealed, rolled, unused)


READ_SECRETS = Collector(collect)


def _converted(listing: Listing[Document], model: type[T], what: str) -> PerNamespace[T]:
    return {space: converted(part, model, f"read {what} in namespace {space}") for space, part in listing.parts.items()}


def _each(group: TaskGroup, keys: Iterable[K], read: Callable[[K], Awaitable[T]]) -> dict[K, T]:
    """Start a read for each key; the values are complete when the group has ended."""
    values: dict[K, T] = {}

    async def one(key: K) -> None:
        values[key] = await read(key)

    for key in keys:
        group.start_soon(one, key)
    return values


async def _sealed(place: Place, opened: Reading[Opened | None]) -> Reading[Sealed | None]:
    if isinstance(opened, ReadFailure):
        return opened
    if opened.value is None:
        return Read(None, opened.seconds)
    return Read(await anyio.to_thread.run_sync(partial(seal, place, opened.value)), opened.seconds)
