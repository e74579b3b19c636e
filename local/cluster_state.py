"""What is decided once for a cluster and holds for its life: the kind of its node, its addresses, its ports."""

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
    """A cluster's fixed decisions."""

    node: NodeKind
    network: str
    """A /16 that nothing else on this machine uses: link, Services and pods come out of it."""
    ports: dict[str, int]

    @property
    def host_address(self) -> str:
        """The machine's end of the link to the node."""
        return self._address(1)

    @property
    def node_address(self) -> str:
        """Where the node, and its API server, answers."""
        return self._address(2) if self.node == "real" else "127.0.0.1"

    @property
    def services(self) -> str:
        """The range of the Services' ClusterIPs."""
        return str(list(ipaddress.IPv4Network(self.network).subnets(new_prefix=18))[1])

    @property
    def pods(self) -> str:
        """The range of the pods' addresses."""
        return str(list(ipaddress.IPv4Network(self.network).subnets(new_prefix=17))[1])

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://{self.node_address}:{self.ports['api']}"

    def service_address(self, number: int) -> str:
        """Give the ClusterIP of this number: 1 is the API server's, 10 the DNS's."""
        return str(ipaddress.IPv4Network(self.services)[number])

    def _address(self, number: int) -> str:
        return str(ipaddress.IPv4Network(self.network)[number])


def load(path: Path) -> ClusterState | None:
    """Read a cluster's state, if it has one.

    Raises:
        ClusterError: the file is damaged.
    """
    try:
        return ClusterState(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise ClusterError(
            f"{path} is damaged ({error}): "
            f"remove the cluster with `cortex local down --name {path.parent.name} --delete` and start it anew"
        ) from error


def create(path: Path, node: NodeKind) -> ClusterState:
    """Decide a new cluster's record and keep it."""
    # Two clusters that start at the same moment would choose the same network.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (path.parent.parent / ".choosing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if node == "real":
            network = free_network([*_routes(), *_kept(path)])
            state = ClusterState(node, str(network), dict(_PORTS))
        else:
            state = ClusterState(node, str(_NETWORKS[0]), dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True)))
        write(path, json.dumps(asdict(state), indent=2))
    return state


def free_network(taken: Iterable[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """Choose the first of our networks that overlaps no taken one.

    Raises:
        ClusterError: all are taken.
    """
    used = list(taken)
    for network in _NETWORKS:
        if not any(network.overlaps(other) for other in used):
            return network
    raise ClusterError(
        f"no network is free from {_NETWORKS[0]} to {_NETWORKS[-1]}: "
        "remove another cluster (cortex local down --name NAME --delete), or a route"
    )


def check_free(state: ClusterState) -> None:
    """See that nobody has taken the cluster's addresses since they were chosen.

    Raises:
        ClusterError: somebody has.
    """
    if state.node == "real":
        network = ipaddress.IPv4Network(state.network)
        for route in _routes():
            if network.overlaps(route):
                raise ClusterError(
                    f"the cluster's network {network} overlaps the machine's route to {route} by now: remove that "
                    "route, or make the cluster anew (cortex local down --delete, then up)"
                )
        return
    for name, port in state.ports.items():
        if error := _taken(port):
            raise ClusterError(
                f"port {port} ({name}) of the cluster is taken by another program ({error.strerror}): end that "
                "program, or make the cluster anew (cortex local down --delete, then up)"
            ) from error


def _routes() -> list[ipaddress.IPv4Network]:
    """Give the networks that this machine's routes name; the default route names none."""
    shown = subprocess.run(["ip", "-json", "-4", "route"], capture_output=True, text=True, check=True).stdout
    routes = cast("list[dict[str, str]]", json.loads(shown))
    return [ipaddress.IPv4Network(r["dst"]) for r in routes if r["dst"] != "default"]


def _kept(path: Path) -> Iterator[ipaddress.IPv4Network]:
    """Give the networks of the other clusters, which may be stopped or about to start: each wants its own again."""
    for other in path.parent.parent.glob(f"*/{path.name}"):
        with contextlib.suppress(ClusterError):  # a damaged one cannot start
            if (known := load(other)) and known.node == "real":
                yield ipaddress.IPv4Network(known.network)


def _free_ports(count: int) -> list[int]:
    """Choose ports below the range from which the kernel gives connections theirs, so that none is taken by chance."""
    free: list[int] = []
    for port in random.sample(_CHOSEN_PORTS, len(_CHOSEN_PORTS)):
        if _taken(port) is None:
            free.append(port)
            if len(free) == count:
                return free
    raise ClusterError(f"no {count} ports are free from {_CHOSEN_PORTS[0]} to {_CHOSEN_PORTS[-1]}: stop other programs")


def _taken(port: int) -> OSError | None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError as error:
            return error
    return None
