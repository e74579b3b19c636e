"""What healthy Talos nodes say, as data: tests break one thing in it and check."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.resources import PODS
from checks.talos.answers import (
    Clock,
    Disk,
    EtcdAnswers,
    EtcdStatus,
    Member,
    NodeAnswers,
    Service,
    TalosNode,
)
from checks.talos.collect import Identity, Observation
from tests.checks.talos.simulated_node import GIB, Node, control_planes, workers
from tests.checks.talos.talos_world import become_talos
from tests.checks.world import NOW, World, declared

if TYPE_CHECKING:
    from checks.kube.models import Pod

T = TypeVar("T")


def read(value: T) -> Read[T]:
    return Read(value, 0.05)


def failure(reason: Reason) -> ReadFailure:
    return ReadFailure("ask the node", reason, f"the node is {reason.value}")


class TalosWorld(World):
    """The healthy cluster on three control-plane nodes and a worker with Talos."""

    def __init__(self, **settings: object) -> None:
        cluster = {"context": "test", "environment": "testing", "nodes": 4}
        super().__init__(declared(cluster=cluster, talos=settings))
        self.simulated = [*control_planes(), *workers()]
        become_talos(self, self.simulated)
        self.observed = {node.name: _observed(node) for node in self.simulated}
        self.identity: Identity | ReadFailure = Identity("simulated", NOW + timedelta(days=365))
        self.unlisted: tuple[str, ...] = ()
        self.watch()

    def watch(self) -> None:
        """Observe the nodes again, after a change."""
        spaces = self.unread.get(("pods", "kube-system"))
        pods: Reading[tuple[Pod, ...]] = spaces or self._read(PODS, "kube-system")
        self.talos = Observation(self.identity, tuple(self.observed.values()), pods, self.unlisted)

    def say(self, name: str, **answers: Any) -> None:
        """Let a node say something else."""
        node = self.observed[name]
        assert node.known is not None
        self.observed[name] = replace(node, answers=replace(node.known, **answers))
        self.watch()

    def say_of_etcd(self, name: str, **answers: Any) -> None:
        """Let a control-plane node say something else of etcd."""
        node = self.observed[name]
        assert node.known is not None
        assert node.known.etcd is not None
        self.say(name, etcd=replace(node.known.etcd, **answers))

    def fail(self, name: str, reason: Reason) -> None:
        """Let a node say nothing."""
        self.observed[name] = replace(self.observed[name], answers=failure(reason))
        self.watch()

    def serve(self, name: str, service: str, state: str, *, healthy: bool | None = None) -> None:
        """Let a service of a node be in another state."""
        node = self.observed[name]
        assert node.known is not None
        assert isinstance(node.known.services, Read)
        changed = [each for each in node.known.services.value if each.name != service]
        self.say(name, services=read((*changed, Service(service, state, healthy, ""))))


def member(node: Node) -> Member:
    return Member(int(node.name.rpartition("-")[2]), node.name, frozenset({node.address}), learner=False)


def _observed(node: Node) -> TalosNode:
    services = tuple(Service(name, *state) for name, state in node.services.items())
    status = EtcdStatus(member(node).id, 1, 64 * 1024**2, 32 * 1024**2, ())
    etcd = EtcdAnswers(read(tuple(member(one) for one in control_planes())), read(status), read(()))
    answers = NodeAnswers(
        version=read(node.version),
        services=read(services),
        clock=read(Clock(0.0, "time.test")),
        memory=read(4 * GIB),
        disk=read(Disk(20 * GIB, 10 * GIB)),
        diagnostics=read(()),
        etcd=etcd if node.control_plane else None,
        expires=None,
        extensions=read(("iscsi-tools", "schematic")),
    )
    return TalosNode(node.name, node.address, node.control_plane, answers)
