"""Collect what every node says, and the pods of the control plane."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from checks.kube import models as k8s
from checks.kube.connection import Connection
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.resources import PODS
from checks.snapshot.reader import Collector, Reader
from checks.talos.answers import TalosNode, Way
from checks.talos.bindings import missing
from checks.talos.places import Place, from_nodes, from_talosconfig, unlisted
from checks.talos.ways import Source, Unusable, Use, ask_all
from stacks.model.talos import Talos

if TYPE_CHECKING:
    from checks.talos.talosconfig import Talosconfig

SYSTEM = "kube-system"
STATIC_PODS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
PROXY, DNS = "kube-proxy", "kube-dns"
LABEL = "k8s-app"
_SELECTOR = f"{LABEL} in ({', '.join((*STATIC_PODS, PROXY, DNS))})"


@dataclass(frozen=True)
class Identity:
    """The talosconfig without its secrets: its context, and when its client certificate expires."""

    context: str
    expires: datetime


@dataclass(frozen=True)
class Observation:
    """What was asked, and what was said."""

    identity: Identity | ReadFailure | None
    """None if there is no talosconfig, and none is needed, because a server has one."""
    nodes: tuple[TalosNode, ...]
    pods: Reading[tuple[k8s.Pod, ...]]
    """The pods in kube-system of the control plane, of kube-proxy and of CoreDNS."""
    unlisted: tuple[str, ...] = ()
    """Nodes of the talosconfig that are not nodes of the cluster."""
    uses: tuple[Use, ...] = ()
    """How each way to the nodes was used."""


async def collect(reader: Reader) -> Observation | None:
    """Ask the nodes; None if the stack does not declare Talos, or this is a pod, which has no talosconfig."""
    declared = reader.declaration.talos
    if declared is None or reader.connection.inside:
        return None
    nodes = await reader.nodes()
    pods = await reader.api.list(PODS, SYSTEM, labels=_SELECTOR)
    return await ask(declared, reader.connection, nodes, pods, _servers(reader))


async def ask(
    declared: Talos,
    connection: Connection,
    nodes: Reading[tuple[k8s.Node, ...]],
    pods: Reading[tuple[k8s.Pod, ...]],
    servers: Sequence[Source] = (),
) -> Observation:
    """Ask the nodes that Kubernetes knows; if it says nothing, those of the talosconfig.

    The Talos API is asked first, then the MCP servers, then talosctl.
    """
    # Imported here because most verifications need no certificate.
    from checks.talos.talosconfig import TalosconfigError, TalosconfigMissingError, load, place

    try:
        config = load(place(connection.talosconfig), declared.context)
    except TalosconfigError as error:
        failure = ReadFailure("ask the Talos API", Reason.UNAUTHORIZED, str(error))
        places = _asked(from_nodes(nodes.value), declared) if isinstance(nodes, Read) else ()
        seen, uses = await ask_all([Unusable(Way.API, failure), *servers], places)
        needless = isinstance(error, TalosconfigMissingError) and any(node.known for node in seen)
        return Observation(None if needless else failure, seen, pods, uses=uses)
    identity = Identity(config.context, config.expires)
    sources = [_api(config, declared.port), *servers, _program(config, declared.port)]
    if isinstance(nodes, ReadFailure):
        seen, uses = await ask_all(sources, _asked(from_talosconfig(config), declared))
        return Observation(identity, seen, pods, uses=uses)
    seen, uses = await ask_all(sources, _asked(from_nodes(nodes.value), declared))
    return Observation(identity, seen, pods, unlisted(config, nodes.value), uses)


def _asked(places: Sequence[Place], declared: Talos) -> tuple[Place, ...]:
    """Return the nodes with what they are asked for: extensions only where some are declared."""
    return tuple(replace(one, extensions=bool(declared.extensions)) for one in places)


def _api(config: "Talosconfig", port: int) -> Source:
    if message := missing():
        return Unusable(Way.API, ReadFailure("ask the Talos API", Reason.FAILED, message))
    # Imported here because the packages are an extra, and take 0.2 s.
    from checks.talos.observe import Api

    return Api(config, port)


def _program(config: "Talosconfig", port: int) -> Source:
    if path := shutil.which(Way.TALOSCTL):
        # Imported here because most verifications do without.
        from checks.talos.talosctl import Talosctl

        return Talosctl(path, config, port)
    return Unusable(Way.TALOSCTL, ReadFailure(f"run {Way.TALOSCTL}", Reason.FAILED, f"{Way.TALOSCTL} is not on PATH"))


def _servers(reader: Reader) -> tuple[Source, ...]:
    # Imported here because most stacks have none.
    from checks.talos.mcp_server import servers

    return servers(reader)


TALOS = Collector(collect)
