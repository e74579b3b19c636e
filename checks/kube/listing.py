"""List a resource for several namespaces: with one list of the whole cluster or, if that is forbidden, one for each."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from checks.kube.client import ApiClient, Kind
from checks.kube.concurrent import read_each
from checks.kube.reading import Read, Reading, Reason

T = TypeVar("T")
PerNamespace = Mapping[str, Reading[tuple[T, ...]]]


@dataclass(frozen=True)
class Listing(Generic[T]):
    """The objects of a resource: of the whole cluster, and of each requested namespace."""

    whole: Reading[tuple[T, ...]]
    parts: PerNamespace[T]


async def listed(
    api: ApiClient,
    kind: Kind[T],
    spaces: Collection[str],
    namespace: Callable[[T], str],
    *,
    labels: str = "",
    fields: str = "",
) -> Listing[T]:
    """List the whole cluster at once or, if that is forbidden, each of the namespaces."""
    whole = await api.list(kind, labels=labels, fields=fields)
    if isinstance(whole, Read):
        parts: dict[str, list[T]] = {space: [] for space in spaces}
        for item in whole.value:
            if (space := namespace(item)) in parts:
                parts[space].append(item)
        return Listing(whole, {space: Read(tuple(items), whole.seconds) for space, items in parts.items()})
    if whole.reason is Reason.FORBIDDEN:
        return Listing(whole, await one_by_one(api, kind, spaces, labels=labels, fields=fields))
    return Listing(whole, dict.fromkeys(spaces, whole))


async def one_by_one(
    api: ApiClient, kind: Kind[T], spaces: Collection[str], *, labels: str = "", fields: str = ""
) -> PerNamespace[T]:
    """List the namespaces concurrently."""
    return await read_each(lambda space: api.list(kind, space, labels=labels, fields=fields), spaces)
