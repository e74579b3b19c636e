"""Runs one collector, and puts what was collected into a snapshot."""

from dataclasses import replace
from typing import Any, TypeVar

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.listing import Listing
from checks.snapshot.reader import Collector, Reader
from checks.snapshot.snapshot import Snapshot
from stacks.model.declaration import Declaration

T = TypeVar("T")


async def collect(
    collector: Collector[T], declaration: Declaration, connection: Connection, **listings: Listing[Any]
) -> T:
    """Return what a collector collects; `listings` are there already, by kind."""
    async with connection.client() as client:
        return await Reader(declaration, connection, ApiClient(client), dict(listings)).get(collector)


def with_collected(snapshot: Snapshot, collector: Collector[T], value: T) -> Snapshot:
    """Return a snapshot in which a collector collected this."""
    return replace(snapshot, collected={**snapshot.collected, collector: value})
