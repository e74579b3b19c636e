"""Ask the Talos API of all nodes at the same time; each node has a bounded time."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

import anyio

from checks.kube.reading import ReadFailure, Reason
from checks.talos.answers import EtcdAnswers, NodeAnswers, TalosApi, TalosNode
from checks.talos.client import Connections, Route, connections
from checks.talos.places import Place
from checks.talos.talosconfig import Talosconfig
from checks.talos.tls import client_context

NODE_SECONDS = 20.0
"""The most that a node may take over all its routes."""
ELSEWHERE = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT})
"""Failures after which the next route is tried: an endpoint may be lost, or not reach the node."""


async def observe(config: Talosconfig, places: Iterable[Place], port: int) -> tuple[TalosNode, ...]:
    """Return what each node says, in the order of the places."""
    places = tuple(places)
    found: dict[Place, NodeAnswers | ReadFailure] = {}
    if failure := expired(config):
        found = dict.fromkeys(places, failure)
    else:
        with connections(client_context(config)) as connected:

            async def ask(place: Place) -> None:
                found[place] = await _ask(connected, config, place, port)

            async with anyio.create_task_group() as group:
                for place in places:
                    group.start_soon(ask, place)
    return tuple(TalosNode(one.name, one.address, one.control_plane, found[one]) for one in places)


def expired(config: Talosconfig) -> ReadFailure | None:
    """Return a failure if the client certificate has expired; the nodes would only close the connection."""
    if config.expires > datetime.now(UTC):
        return None
    message = (
        f"the client certificate of context {config.context!r} of the talosconfig {config.source} expired on "
        f"{config.expires:%Y-%m-%d}: get a new one with `talosctl config new`, or from the machine configuration"
    )
    return ReadFailure("ask the Talos API", Reason.UNAUTHORIZED, message)


async def _ask(connected: Connections, config: Talosconfig, place: Place, port: int) -> NodeAnswers | ReadFailure:
    """Return what a node says over the first of its routes that works, or why the last one failed."""
    what = f"ask the Talos API of node {place.name}"
    if not place.address:
        return ReadFailure(what, Reason.FAILED, "the node has no InternalIP")
    answers: NodeAnswers | ReadFailure
    answers = ReadFailure(what, Reason.TIMEOUT, f"no answer within {NODE_SECONDS:g} s", seconds=NODE_SECONDS)
    with anyio.move_on_after(NODE_SECONDS):
        for route in routes(config, place.address, port):
            node = await connected.node(route)
            answers = node if isinstance(node, ReadFailure) else await _answers(node, etcd=place.control_plane)
            if not isinstance(answers, ReadFailure) or answers.reason not in ELSEWHERE:
                break
    return answers


def routes(config: Talosconfig, address: str, port: int) -> tuple[Route, ...]:
    """Return the ways to a node: to itself if it is an endpoint, or there are none; otherwise through each endpoint."""
    endpoints = config.hosts(port)
    direct = tuple(Route(host, at) for host, at in endpoints if host == address)
    if not endpoints:
        return (Route(address, port),)
    return direct or tuple(Route(host, at, address) for host, at in endpoints)


async def _answers(node: TalosApi, *, etcd: bool) -> NodeAnswers | ReadFailure:
    """Ask everything at the same time: it takes as long as the slowest answer."""
    (version, services, clock, memory, disk), members = await asyncio.gather(
        asyncio.gather(node.version(), node.services(), node.clock(), node.memory(), node.disk()),
        _etcd(node) if etcd else _nothing(),
    )
    if isinstance(version, ReadFailure) and version.reason is not Reason.FAILED:
        # The other answers failed for the same reason.
        return version
    return NodeAnswers(version, services, clock, memory, disk, members, node.expires)


async def _etcd(node: TalosApi) -> EtcdAnswers | None:
    return EtcdAnswers(*await asyncio.gather(node.etcd_members(), node.etcd_status(), node.etcd_alarms()))


async def _nothing() -> EtcdAnswers | None:
    return None
