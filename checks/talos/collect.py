"""Collect what the Talos API of every node says, and the pods of the control plane."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from checks.kube import models as k8s
from checks.kube.connection import Connection
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.resources import PODS
from checks.snapshot.reader import Collector, Reader
from checks.talos.answers import TalosNode
from checks.talos.bindings import missing
from checks.talos.places import Place, from_nodes, from_talosconfig, unlisted
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

    identity: Identity | ReadFailure
    nodes: tuple[TalosNode, ...]
    pods: Reading[tuple[k8s.Pod, ...]]
    """The pods in kube-system of the control plane, of kube-proxy and of CoreDNS."""
    unlisted: tuple[str, ...] = ()
    """Nodes of the talosconfig that are not nodes of the cluster."""


async def collect(reader: Reader) -> Observation | None:
    """Ask the nodes; None if the stack does not declare Talos, or this is a pod, which has no talosconfig."""
    declared = reader.declaration.talos
    if declared is None or reader.connection.inside:
        return None
    nodes = await reader.nodes()
    pods = await reader.api.list(PODS, SYSTEM, labels=_SELECTOR)
    return await ask(declared, reader.connection, nodes, pods)


async def ask(
    declared: Talos,
    connection: Connection,
    nodes: Reading[tuple[k8s.Node, ...]],
    pods: Reading[tuple[k8s.Pod, ...]],
) -> Observation:
    """Ask the nodes that Kubernetes knows; if it says nothing, those of the talosconfig."""
    # Imported here because most verifications need no certificate.
    from checks.talos.talosconfig import TalosconfigError, load, place

    try:
        config = load(place(connection.talosconfig), declared.context)
    except TalosconfigError as error:
        failure = ReadFailure("ask the Talos API", Reason.UNAUTHORIZED, str(error))
        places = from_nodes(nodes.value) if isinstance(nodes, Read) else ()
        return Observation(failure, tuple(_silent(places, failure)), pods)
    identity = Identity(config.context, config.expires)
    if isinstance(nodes, ReadFailure):
        return Observation(identity, await _observe(config, from_talosconfig(config), declared.port), pods)
    seen = await _observe(config, from_nodes(nodes.value), declared.port)
    return Observation(identity, seen, pods, unlisted(config, nodes.value))


async def _observe(config: "Talosconfig", places: Iterable[Place], port: int) -> tuple[TalosNode, ...]:
    if message := missing():
        return tuple(_silent(places, ReadFailure("ask the Talos API", Reason.FAILED, message)))
    # Imported here because the packages are an extra, and take 0.2 s.
    from checks.talos.observe import observe

    return await observe(config, places, port)


def _silent(places: Iterable[Place], failure: ReadFailure) -> Iterable[TalosNode]:
    return (TalosNode(one.name, one.address, one.control_plane, failure) for one in places)


TALOS = Collector(collect)
