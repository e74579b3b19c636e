"""Which nodes are asked: those that Kubernetes knows, or else those of the talosconfig."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.kube.models import Node

if TYPE_CHECKING:
    from checks.talos.talosconfig import Talosconfig

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
"""The label of nodes with a part of the control plane."""
INTERNAL = "InternalIP"


@dataclass(frozen=True)
class Place:
    """A node to ask: its name, its address (empty if it has none), and whether it is of the control plane."""

    name: str
    address: str
    control_plane: bool
    extensions: bool = False
    """Whether it is asked for its system extensions."""


def from_nodes(nodes: Iterable[Node]) -> tuple[Place, ...]:
    """Return the nodes of Kubernetes, those of the control plane first."""
    places = (Place(one.metadata.name, _internal(one), CONTROL_PLANE in one.metadata.labels) for one in nodes)
    return tuple(sorted(places, key=lambda one: (not one.control_plane, one.name)))


def from_talosconfig(config: "Talosconfig") -> tuple[Place, ...]:
    """Return endpoints and nodes of a talosconfig; endpoints are of the control plane."""
    endpoints = [host for host, _ in config.hosts(0)]
    others = (one for one in config.nodes if one not in endpoints)
    return tuple(Place(one, one, control_plane=True) for one in endpoints) + tuple(
        Place(one, one, control_plane=False) for one in others
    )


def unlisted(config: "Talosconfig", nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return the nodes of a talosconfig that Kubernetes does not know by name or address."""
    known = {name for one in nodes for name in (one.metadata.name, *(each.address for each in one.status.addresses))}
    return tuple(one for one in config.nodes if one not in known)


def _internal(node: Node) -> str:
    return next((one.address for one in node.status.addresses if one.type == INTERNAL), "")
