"""The fixed properties of a cluster, chosen when it is created: the kind of its node, its addresses and ports."""

import contextlib
import fcntl
import ipaddress
import json
import random
import socket
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, cast

from local.errors import ClusterError
from local.files import write

NodeKind = Literal["real", "kwok"]

_NETWORKS = [ipaddress.IPv4Network(f"10.{second}.0.0/16") for second in range(89, 128)]
_CHOSEN_PORTS = range(20000, 30000)
_PORTS = {
    "api": 6443,
    "etcd": 2379,
    "etcd-peer": 2380,
    "etcd-metrics": 2381,
    "controller-manager": 10257,
    "scheduler": 10259,
    "kwok": 10247,
}


@dataclass(frozen=True)
class ClusterState:
    """The fixed properties of a cluster."""

    node: NodeKind
    network: str
    """A /16 network that nothing else on this machine uses, for the link, Services and pods."""
    ports: dict[str, int]

    @property
    def host_address(self) -> str:
        """Return the address of the machine's end of the link to the node."""
        return self._address(1)

    @property
    def node_address(self) -> str:
        """Return the address of the node and its API server."""
        return self._address(2) if self.node == "real" else "127.0.0.1"

    @property
    def services(self) -> str:
        """Return the address range of Services."""
        return str(list(ipaddress.IPv4Network(self.network).subnets(new_prefix=18))[1])

    @property
    def pods(self) -> str:
        """Return the address range of pods."""
        return str(list(ipaddress.IPv4Network(self.network).subnets(new_prefix=17))[1])

    @property
    def server(self) -> str:
        """Return the URL of the API server."""
        return f"https://{self.node_address}:{self.ports['api']}"

    def service_address(self, number: int) -> str:
        """Return the Service address of this number in the range: 1 is the API server, 10 the DNS."""
        return str(ipaddress.IPv4Network(self.services)[number])

    def _address(self, number: int) -> str:
        return str(ipaddress.IPv4Network(self.network)[number])


def load(path: Path) -> ClusterState | None:
    """Return the state of a cluster, or None if it has none yet.

    Raises:
        ClusterError: The file is damaged.
    """
    try:
        return ClusterState(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise ClusterError(
            f"{path} is damaged ({error}): "
            f"delete the cluster with `cortex local down --name {path.parent.name} --delete` and start it again"
        ) from error


def create(path: Path, node: NodeKind) -> ClusterState:
    """Choose and save the state of a new cluster."""
    # Without the lock, two clusters that are created at the same time could choose the same network.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (path.parent.parent / ".choosing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if node == "real":
            network = free_network([*_routes(), *_networks_of_others(path)])
            state = ClusterState(node, str(network), dict(_PORTS))
        else:
            state = ClusterState(node, str(_NETWORKS[0]), dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True)))
        write(path, json.dumps(asdict(state), indent=2))
    return state


def free_network(taken: Iterable[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """Return the first candidate network that does not overlap a `taken` one.

    Raises:
        ClusterError: All are taken.
    """
    used = list(taken)
    for network in _NETWORKS:
        if not any(network.overlaps(other) for other in used):
            return network
    raise ClusterError(
        f"no network is free from {_NETWORKS[0]} to {_NETWORKS[-1]}: "
        "delete another cluster (`cortex local down --name NAME --delete`), or remove a route"
    )


def check_free(state: ClusterState) -> None:
    """Check that the cluster's addresses and ports are still free.

    Raises:
        ClusterError: One is in use.
    """
    if state.node == "real":
        network = ipaddress.IPv4Network(state.network)
        for route in _routes():
            if network.overlaps(route):
                raise ClusterError(
                    f"the cluster's network {network} overlaps the machine's route to {route}, which is new: remove "
                    "that route, or create the cluster again (`cortex local down --delete`, then up)"
                )
        return
    for name, port in state.ports.items():
        if error := _taken(port):
            raise ClusterError(
                f"port {port} ({name}) of the cluster is in use by another program ({error.strerror}): stop that "
                "program, or create the cluster again (`cortex local down --delete`, then up)"
            ) from error


def _routes() -> list[ipaddress.IPv4Network]:
    """Return the networks of this machine's routes, without the default route."""
    shown = subprocess.run(["ip", "-json", "-4", "route"], capture_output=True, text=True, check=True).stdout
    routes = cast("list[dict[str, str]]", json.loads(shown))
    return [ipaddress.IPv4Network(r["dst"]) for r in routes if r["dst"] != "default"]


def _networks_of_others(path: Path) -> Iterator[ipaddress.IPv4Network]:
    """Yield the networks of the other clusters, running or not: each uses its network again when it starts."""
    for other in path.parent.parent.glob(f"*/{path.name}"):
        with contextlib.suppress(ClusterError):  # a cluster with a damaged file cannot start
            if (known := load(other)) and known.node == "real":
                yield ipaddress.IPv4Network(known.network)


def _free_ports(count: int) -> list[int]:
    """Return free ports below the range of ephemeral ports, so that no connection uses one by chance."""
    free: list[int] = []
    for port in random.sample(_CHOSEN_PORTS, len(_CHOSEN_PORTS)):
        if _taken(port) is None:
            free.append(port)
            if len(free) == count:
                return free
    raise ClusterError(
        f"fewer than {count} ports from {_CHOSEN_PORTS[0]} to {_CHOSEN_PORTS[-1]} are free: stop some programs"
    )


def _taken(port: int) -> OSError | None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError as error:
            return error
    return None
