"""Lists a kind for many namespaces: with one list of the whole cluster, or with one a namespace."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import anyio

from checks.kube.client import ApiClient, Kind, Read, ReadFailure, Reading
from checks.results.result import Reason

T = TypeVar("T")
Listing = Reading[tuple[T, ...]]
PerNamespace = Mapping[str, Listing[T]]


async def everywhere(
    api: ApiClient,
    kind: Kind[T],
    spaces: Collection[str],
    namespace: Callable[[T], str],
    *,
    labels: str = "",
    fields: str = "",
) -> PerNamespace[T]:
    """List the whole cluster at once; where that is forbidden, each namespace."""
    whole = await api.list(kind, labels=labels, fields=fields)
    if not isinstance(whole, ReadFailure):
        parts: dict[str, list[T]] = {space: [] for space in spaces}
        for item in whole.value:
            if (space := namespace(item)) in parts:
                parts[space].append(item)
        return {space: Read(tuple(items), whole.seconds) for space, items in parts.items()}
    if whole.reason is Reason.FORBIDDEN:
        return await one_by_one(api, kind, spaces, labels=labels, fields=fields)
    return dict.fromkeys(spaces, whole)


async def one_by_one(
    api: ApiClient, kind: Kind[T], spaces: Collection[str], *, labels: str = "", fields: str = ""
) -> PerNamespace[T]:
    """List each namespace, at the same time."""
    readings: dict[str, Listing[T]] = {}

    async def within(space: str) -> None:
        readings[space] = await api.list(kind, space, labels=labels, fields=fields)

    async with anyio.create_task_group() as group:
        for space in spaces:
            group.start_soon(within, space)
    return readings
