"""The addresses of an MCP server outside the cluster, from the status of the objects that lead to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from checks.exposure import live_objects
from checks.kube import models as k8s
from checks.kube.reading import Read, ReadFailure, Reading
from checks.results.result import Ref
from checks.snapshot.reader import Reader
from stacks.model import names
from stacks.model.exposure import Exposure, Gateway
from stacks.model.server import Server

if TYPE_CHECKING:
    from checks.kube.resources import Document

T = TypeVar("T")
MOST = 3
"""Addresses of one object that are tried."""
_HTTP, _HTTPS = 80, 443


@dataclass(frozen=True)
class Place:
    """An object that leads to a server from outside, and its addresses (host and port); none are assigned yet."""

    ref: Ref
    tls: bool = False
    host: str = ""
    """The host name that its clients ask for; empty where they use the address itself."""
    addresses: tuple[str, ...] = ()
    missing: bool = False
    """Whether the object does not exist, which another check reports."""
    source: str = ""
    """The object in whose status a controller writes them; empty for a NodePort, which has those of the nodes."""


def is_exposed(server: Server) -> bool:
    """Return whether a server is declared to be reached from outside the cluster."""
    return bool(server.replicas and (server.exposure or (server.service and server.service.type)))


async def places(reader: Reader, kind: str, server: Server) -> list[Reading[Place]]:
    """Return what leads to a server from outside."""
    found: list[Reading[Place]] = []
    if server.service and server.service.type:
        found.append(await _service(reader, kind, server))
    if server.exposure and server.exposure.gateway:
        found.append(await _gateway(reader, kind, server, server.exposure.gateway, server.exposure.host))
    elif server.exposure:
        found.append(await _ingress(reader, kind, server, server.exposure))
    return found


async def _service(reader: Reader, kind: str, server: Server) -> Reading[Place]:
    balanced = server.service is not None and server.service.type == "LoadBalancer"
    ref = Ref("Service", names.server(kind), server.namespace)
    place = Place(ref, tls=server.serves_tls, source=str(ref) if balanced else "")
    live = await _live(reader, place.ref, live_objects.Service)
    if isinstance(live, ReadFailure):
        return live
    if live.value is None:
        return Read(replace(place, missing=True), live.seconds)
    if balanced:
        addresses: Iterable[str] = _balanced(live.value, server.service_port)
    else:
        nodes = await reader.nodes()
        if isinstance(nodes, ReadFailure):
            return nodes
        port = next((each.node_port for each in live.value.spec.ports if each.port == server.service_port), 0)
        addresses = (_joined(address, port) for address in _of_nodes(nodes.value) if port)
    return Read(_with(place, addresses), live.seconds)


async def _ingress(reader: Reader, kind: str, server: Server, exposure: Exposure) -> Reading[Place]:
    tls = exposure.tls is not None
    ref = Ref("Ingress", names.server(kind), server.namespace)
    place = Place(ref, tls, exposure.host, source=str(ref))
    live = await _live(reader, place.ref, live_objects.Balanced)
    if isinstance(live, ReadFailure):
        return live
    if live.value is None:
        return Read(replace(place, missing=True), live.seconds)
    return Read(_with(place, _balanced(live.value, _HTTPS if tls else _HTTP)), live.seconds)


async def _gateway(reader: Reader, kind: str, server: Server, gateway: Gateway, host: str) -> Reading[Place]:
    source = Ref("Gateway", gateway.name, gateway.namespace)
    place = Place(Ref("HTTPRoute", names.server(kind), server.namespace), host=host, source=str(source))
    live = await reader.api.get(live_objects.GATEWAYS, gateway.namespace, gateway.name)
    if isinstance(live, ReadFailure):
        return live
    if live.value is None:
        # It belongs to others, so no other check reports it.
        return Read(place, live.seconds)
    fitting = [
        each
        for each in live.value.spec.listeners
        if each.protocol in ("HTTP", "HTTPS") and gateway.listener in (None, each.name)
    ]
    # Where there are both, plain HTTP mostly redirects.
    listener = next(iter(sorted(fitting, key=lambda each: each.protocol != "HTTPS")), None)
    place = replace(place, tls=listener is not None and listener.protocol == "HTTPS")
    values = (each.value for each in live.value.status.addresses if each.value)
    return Read(_with(place, (_joined(each, listener.port) for each in values) if listener else ()), live.seconds)


async def _live(reader: Reader, ref: Ref, model: type[T]) -> Reading[T | None]:
    """Return one of the stack's own objects from the lists that other checks read as well; None without it."""
    listing = (await reader.listing(ref.kind)).parts[ref.namespace]
    if isinstance(listing, ReadFailure):
        return listing
    documents = cast("tuple[Document, ...]", listing.value)
    found = (each for each in documents if cast("Document", each["metadata"])["name"] == ref.name)
    document = next(found, None)
    return Read(msgspec.convert(document, model) if document is not None else None, listing.seconds)


def _balanced(live: live_objects.Balanced, port: int) -> Iterator[str]:
    for each in live.status.load_balancer.ingress:
        given = [one.port for one in each.ports]
        if address := each.ip or each.hostname:
            yield _joined(address, port if port in given or not given else given[0])


def _of_nodes(nodes: Iterable[k8s.Node]) -> list[str]:
    """Return an address of each ready node: those outside the cluster if there are any."""
    ready = [node for node in nodes if node.ready]
    for kind in ("ExternalIP", "InternalIP"):
        found = [one.address for node in ready for one in node.status.addresses if one.type == kind]
        if found:
            return found
    return []


def _with(place: Place, addresses: Iterable[str]) -> Place:
    return replace(place, addresses=tuple(addresses)[:MOST])


def _joined(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
