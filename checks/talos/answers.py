"""What a Talos node can be asked, whichever way leads to it, and the answers."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from checks.kube.reading import Read, ReadFailure, Reading

T = TypeVar("T")

RUNNING = "Running"
STARTING = frozenset({"Initialized", "Preparing", "Waiting", "Starting"})
"""States of a service that is not up yet; the boot is finished when no service is in one of them."""


class Way(StrEnum):
    """A way to ask a node: the Talos API, an MCP server in the cluster, or the program talosctl."""

    API = "api"
    MCP = "mcp"
    TALOSCTL = "talosctl"


@dataclass(frozen=True)
class Service:
    """A service of Talos. `healthy` is None if the service has no health check, or none has run yet."""

    name: str
    state: str
    healthy: bool | None
    message: str

    @property
    def works(self) -> bool:
        """Return whether it runs, and its health check does not fail."""
        return self.state == RUNNING and self.healthy is not False


@dataclass(frozen=True)
class Member:
    """A member of the etcd cluster, as one node knows it."""

    id: int
    name: str
    addresses: frozenset[str]
    """The hosts of its peer URLs."""
    learner: bool


@dataclass(frozen=True)
class EtcdStatus:
    """The state of the etcd member of a node; the leader is 0 if it knows none."""

    member: int
    leader: int
    size: int
    """Bytes of its database on the disk."""
    used: int
    """Bytes of these in use."""
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Alarm:
    """An alarm of an etcd member, such as NOSPACE or CORRUPT."""

    member: int
    kind: str


@dataclass(frozen=True)
class Clock:
    """By how many seconds the clock of a node is ahead of its time server."""

    ahead: float
    server: str


@dataclass(frozen=True)
class Disk:
    """The size of a mounted file system, in bytes."""

    size: int
    available: int


@dataclass(frozen=True)
class Diagnostic:
    """A problem that Talos has found on a node by itself."""

    id: str
    """Which one, such as kubelet-csr."""
    message: str
    details: tuple[str, ...]


Diagnostics = tuple[Diagnostic, ...] | None
"""The diagnostics of a node; None if its version of Talos looks for none."""


class TalosApi(Protocol):
    """The vocabulary of one node. A failure is data: unreachable, refused, timed out or not implemented."""

    expires: datetime | None
    """When the certificate of the node expires; None if that is not known."""

    def version(self) -> Awaitable[Reading[str]]:
        """Return the version of Talos, such as v1.9.3."""

    def services(self) -> Awaitable[Reading[tuple[Service, ...]]]:
        """Return the services of Talos."""

    def clock(self) -> Awaitable[Reading[Clock]]:
        """Return the difference between its clock and its time server."""

    def memory(self) -> Awaitable[Reading[int]]:
        """Return its memory in bytes."""

    def disk(self) -> Awaitable[Reading[Disk]]:
        """Return the size of /var, where Talos keeps images, pods and etcd."""

    def diagnostics(self) -> Awaitable[Reading[Diagnostics]]:
        """Return the problems that Talos has found on the node."""

    def etcd_members(self) -> Awaitable[Reading[tuple[Member, ...]]]:
        """Return the members of etcd, as its own member knows them."""

    def etcd_status(self) -> Awaitable[Reading[EtcdStatus]]:
        """Return the state of its etcd member."""

    def etcd_alarms(self) -> Awaitable[Reading[tuple[Alarm, ...]]]:
        """Return the alarms of etcd."""

    def extensions(self) -> Awaitable[Reading[tuple[str, ...]]]:
        """Return the names of its system extensions."""

    def kubeconfig(self) -> Awaitable[Reading[bytes]]:
        """Return a kubeconfig with the rights of an administrator; it is secret."""


@dataclass(frozen=True)
class EtcdAnswers:
    """What a control-plane node says of etcd."""

    members: Reading[tuple[Member, ...]]
    status: Reading[EtcdStatus]
    alarms: Reading[tuple[Alarm, ...]]


@dataclass(frozen=True)
class NodeAnswers:
    """What a node says; `etcd` is None for a worker."""

    version: Reading[str]
    services: Reading[tuple[Service, ...]]
    clock: Reading[Clock]
    memory: Reading[int]
    disk: Reading[Disk]
    diagnostics: Reading[Diagnostics]
    etcd: EtcdAnswers | None
    expires: datetime | None
    """When the certificate of its Talos API expires; None where it was asked through another node."""
    ways: tuple[Way, ...] = (Way.API,)
    """The ways by which it answered, in the order in which they were tried."""
    extensions: Reading[tuple[str, ...]] | None = None
    """The names of its system extensions; None if it was not asked for them."""


@dataclass(frozen=True)
class TalosNode:
    """A node with what its Talos API says, or why it says nothing."""

    name: str
    address: str
    control_plane: bool
    answers: NodeAnswers | ReadFailure

    @property
    def known(self) -> NodeAnswers | None:
        """Return the answers; None if there are none."""
        return None if isinstance(self.answers, ReadFailure) else self.answers

    def service(self, name: str) -> Service | None:
        """Return one of its services; None if that is not known."""
        services = told(self.known.services) if self.known else None
        return next((one for one in services or () if one.name == name), None)


def told(reading: Reading[T] | None) -> T | None:
    """Return what was read; None if it was not."""
    return reading.value if isinstance(reading, Read) else None
