"""Take a snapshot: list each needed resource and run each needed collector once, concurrently."""

from collections.abc import Iterable
from typing import Any

import anyio

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.resources import RARE
from checks.snapshot.check import Check
from checks.snapshot.reader import Collector, Reader, searched_kinds
from checks.snapshot.snapshot import Snapshot
from stacks.manifests.build import build
from stacks.manifests.files import is_from_file
from stacks.model.declaration import Declaration


async def take(declaration: Declaration, connection: Connection, checks: Iterable[Check]) -> Snapshot:
    """Return a snapshot with what the checks need; failures are ReadFailures in it."""
    checks = tuple(checks)
    async with connection.client() as client:
        reader = Reader(declaration, connection, ApiClient(client))
        version = await reader.api.version()
        snapshot = Snapshot(version, reader.listings, reader.collected)
        if not snapshot.unreachable:
            await _read(reader, checks)
    return snapshot


async def _read(reader: Reader, checks: tuple[Check, ...]) -> None:
    collectors: dict[Collector[Any], None] = dict.fromkeys(each for check in checks for each in check.collectors)
    for collector in collectors:
        if collector.alone:
            await reader.get(collector)
    declared = {manifest.kind for manifest in build(reader.declaration) if not is_from_file(manifest)}
    expected = {*declared, *searched_kinds(reader.declaration)}
    kinds = {kind for check in checks for kind in check.needs if kind not in RARE or kind in expected}
    async with anyio.create_task_group() as group:
        # Collectors start first because they take longest: probe pods must start, servers must answer.
        for collector in collectors:
            group.start_soon(reader.get, collector)
        for kind in sorted(kinds):
            group.start_soon(reader.listing, kind)
