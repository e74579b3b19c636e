"""Ask the Talos API of all nodes at the same time; each node has a bounded time."""

from collections.abc import Iterable

import anyio

from checks.kube.reading import ReadFailure, Reason
from checks.talos.answers import NodeAnswers, TalosNode, Way
from checks.talos.asking import answers
from checks.talos.client import Connections, Route, connections
from checks.talos.places import Place
from checks.talos.talosconfig import Talosconfig, expired
from checks.talos.tls import client_context
from checks.talos.ways import Told, Wanted, ask_all

NODE_SECONDS = 20.0
"""The most that a node may take over all its routes."""
ELSEWHERE = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT})
"""Failures after which the next route is tried: an endpoint may be lost, or not reach the node."""


class Api:
    """The Talos API, with a context of a talosconfig; a Source."""

    way, lacks = Way.API, ()

    def __init__(self, config: Talosconfig, port: int) -> None:
        self._config, self._port = config, port
        self.name = f"context {config.context}"

    async def ask(self, wanted: Wanted) -> Told | ReadFailure:
        """Return what each node says, or why none can be asked."""
        # A cancellation can end a task without a result, because grpclib raises its own; then there was no time left.
        told: dict[Place, NodeAnswers | ReadFailure] = {place: _no_answer(place) for place in wanted}
        if failure := expired(self._config):
            return failure
        with connections(client_context(self._config)) as connected:

            async def ask(place: Place) -> None:
                told[place] = await _ask(connected, self._config, place, self._port)

            async with anyio.create_task_group() as group:
                for place in wanted:
                    group.start_soon(ask, place)
        return told


async def observe(config: Talosconfig, places: Iterable[Place], port: int) -> tuple[TalosNode, ...]:
    """Return what each node says over the Talos API, in the order of the places."""
    nodes, _ = await ask_all([Api(config, port)], places)
    return nodes


async def _ask(connected: Connections, config: Talosconfig, place: Place, port: int) -> NodeAnswers | ReadFailure:
    """Return what a node says over the first of its routes that works, or why the last one failed."""
    told: NodeAnswers | ReadFailure = _no_answer(place)
    if not place.address:
        return ReadFailure(f"ask the Talos API of node {place.name}", Reason.FAILED, "the node has no InternalIP")
    with anyio.move_on_after(NODE_SECONDS):
        for route in routes(config, place.address, port):
            node = await connected.node(route)
            if isinstance(node, ReadFailure):
                told = node
            else:
                told = await answers(node, Way.API, None, place)
            if not isinstance(told, ReadFailure) or told.reason not in ELSEWHERE:
                break
    return told


def _no_answer(place: Place) -> ReadFailure:
    what, message = f"ask the Talos API of node {place.name}", f"no answer within {NODE_SECONDS:g} s"
    return ReadFailure(what, Reason.TIMEOUT, message, seconds=NODE_SECONDS)


def routes(config: Talosconfig, address: str, port: int) -> tuple[Route, ...]:
    """Return the ways to a node: to itself if it is an endpoint, or there are none; otherwise through each endpoint."""
    endpoints = config.hosts(port)
    direct = tuple(Route(host, at) for host, at in endpoints if host == address)
    if not endpoints:
        return (Route(address, port),)
    return direct or tuple(Route(host, at, address) for host, at in endpoints)
