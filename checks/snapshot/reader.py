"""Read resources and run collectors, each once for a verification, however many checks need it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import anyio

from checks.kube import models as k8s
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.listing import Listing, listed
from checks.kube.reading import Reading
from checks.kube.resources import CLUSTER_WIDE, IN_EXISTING, NAMESPACED, RESOURCES, SELECTORS, Document
from stacks.manifests.build import build
from stacks.manifests.files import is_from_file
from stacks.model.declaration import Declaration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Collector(Generic[T]):
    """Collects what is not a list of a resource: metrics, answers of MCP servers, access reviews.

    `collect` raises no errors: failures are ReadFailures within its result. With `alone` it runs before everything
    else, because it measures response times.
    """

    collect: "Callable[[Reader], Awaitable[T]]"
    alone: bool = False


@dataclass(frozen=True)
class Reader:
    """The declaration, the connection, and the resources and collections that are shared by all collectors."""

    declaration: Declaration
    connection: Connection
    api: ApiClient
    listings: dict[str, Listing[Any]] = field(default_factory=dict)
    """The lists so far, by kind."""
    collected: dict[Collector[Any], object] = field(default_factory=dict)
    _locks: dict[object, anyio.Lock] = field(default_factory=dict)

    async def get(self, collector: Collector[T]) -> T:
        """Return what a collector collects, which runs at the first call."""
        async with self._locks.setdefault(collector, anyio.Lock()):
            if collector not in self.collected:
                self.collected[collector] = await collector.collect(self)
        return cast("T", self.collected[collector])

    async def listing(self, kind: str) -> Listing[Any]:
        """Return the objects of a kind, which are listed at the first call."""
        async with self._locks.setdefault(kind, anyio.Lock()):
            if kind not in self.listings:
                self.listings[kind] = await self._list(kind)
        return self.listings[kind]

    async def nodes(self) -> Reading[tuple[k8s.Node, ...]]:
        """Return the nodes."""
        return (await self.listing("Node")).whole

    async def pods(self) -> Listing[k8s.Pod]:
        """Return the pods, without the probe pods of a verification."""
        return await self.listing("Pod")

    async def _list(self, kind: str) -> Listing[Any]:
        of, spaces = RESOURCES[kind], self._namespaces(kind)
        labels, fields = SELECTORS.get(kind, ("", ""))
        if kind in CLUSTER_WIDE or kind == "Node":
            return Listing(await self.api.list(of), {})
        return await listed(self.api, of, spaces, _namespace, labels=labels, fields=fields)

    def _namespaces(self, kind: str) -> set[str]:
        """Return the namespaces to search for a kind: those with objects of the stack, and those of its manifests."""
        whole = kind in SELECTORS or kind in searched_kinds(self.declaration)
        spaces = set(searched(self.declaration, kind)) if whole else set()
        own = (manifest for manifest in build(self.declaration) if not is_from_file(manifest))
        return spaces | {manifest.namespace for manifest in own if manifest.kind == kind}


def searched_kinds(declaration: Declaration) -> tuple[str, ...]:
    """Return the namespaced kinds of which all objects are read, so that undeclared ones are found.

    Where the cluster's network is Cilium, CiliumNetworkPolicy is one: any such policy can allow what the stack denies.
    """
    cilium = "CiliumNetworkPolicy"
    return (*NAMESPACED, *([cilium] if cilium in declaration.cluster.custom_resources else []))


def searched(declaration: Declaration, kind: str) -> Collection[str]:
    """Return the namespaces whose objects of a kind are all read: managed ones, and for some kinds existing ones."""
    return declaration.occupied_namespaces() if kind in IN_EXISTING else declaration.namespaces


def _namespace(item: "Document | k8s.Pod | k8s.Event") -> str:
    if isinstance(item, dict):
        return str(cast("dict[str, object]", item["metadata"]).get("namespace", ""))
    return item.metadata.namespace
