"""Collect the declared Secrets, and whether pods run with the current ones. No value is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import anyio.to_thread

from checks.kube import models as k8s
from checks.kube.concurrent import read_each
from checks.kube.listing import Listing, PerNamespace
from checks.kube.models.references import Workload
from checks.kube.reading import Read, ReadFailure, Reading
from checks.kube.resources import Document
from checks.secrets.rolled import Cluster, Rolled, read_rolled
from checks.secrets.sealed import SECRETS, Opened, Sealed, seal
from checks.secrets.wanted import Place, ingress_secrets, wanted_secrets
from checks.snapshot.reader import Collector, Reader
from checks.snapshot.snapshot import converted
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.workload import controller

T = TypeVar("T")

INSIDE = "the in-cluster verifier does not check Secrets, by design: run `cortex verify STACK` from outside the cluster"


@dataclass(frozen=True)
class Secrets:
    """The declared Secrets, and whether the pods that read them have the current ones."""

    taken: datetime
    secrets: Mapping[Place, Reading[Sealed | None]] = field(default_factory=dict)
    others: Mapping[Place, Reading[Sealed | None]] = field(default_factory=dict)
    """Undeclared Secrets that the pods need, or that are named as the certificate of an Ingress."""
    rolled: Mapping[Owner, Reading[Rolled | None]] = field(default_factory=dict)
    skipped: str = ""
    """Why nothing was read; empty if it was."""


async def collect(reader: Reader) -> Secrets:
    """Read each declared Secret by its name, because a list of Secrets would send the values of all of them."""
    if reader.connection.inside:
        return Secrets(datetime.now(UTC), skipped=INSIDE)
    declaration, api = reader.declaration, reader.api
    places = [secret.place for secret in wanted_secrets(declaration)]
    kinds = {controller(declared) for declared in declaration.running().values()}
    workloads = {kind: _converted(await reader.listing(kind), Workload, f"{kind}s") for kind in kinds}
    named = {*ingress_secrets(declaration), *_mounted(declaration, workloads)} - set(places)
    opened = await read_each(lambda place: api.get(SECRETS, *place), [*places, *sorted(named)])
    cluster = Cluster(
        declaration,
        api,
        opened,
        _converted(await reader.listing("ConfigMap"), k8s.ConfigMap, "ConfigMaps"),
        workloads,
    )
    sealed = await read_each(lambda place: _sealed(place, opened[place]), opened)
    rolled = await read_each(partial(read_rolled, cluster), declaration.running())
    declared = {place: sealed.pop(place) for place in places}
    return Secrets(datetime.now(UTC), declared, sealed, rolled)


READ_SECRETS = Collector(collect)


def _mounted(declaration: Declaration, workloads: Mapping[str, PerNamespace[Workload]]) -> Iterator[Place]:
    """Yield the Secrets that the live pod templates of servers and workloads need."""
    for owner, declared in declaration.running().items():
        found = workloads[controller(declared)][declared.namespace]
        for workload in found.value if isinstance(found, Read) else ():
            if workload.metadata.name == owner.name:
                references = workload.references()
                yield from (
                    Place(declared.namespace, each.name)
                    for each in references
                    if each.kind == "Secret" and not each.optional
                )


def _converted(listing: Listing[Document], model: type[T], what: str) -> PerNamespace[T]:
    return {space: converted(part, model, f"read {what} in namespace {space}") for space, part in listing.parts.items()}


async def _sealed(place: Place, opened: Reading[Opened | None]) -> Reading[Sealed | None]:
    if isinstance(opened, ReadFailure):
        return opened
    if opened.value is None:
        return Read(None, opened.seconds)
    return Read(await anyio.to_thread.run_sync(partial(seal, place, opened.value)), opened.seconds)
