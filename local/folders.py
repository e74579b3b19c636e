"""Where a cluster keeps what it has: one folder of the user's for each cluster, one cache for all."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from local.errors import ClusterError


def cache() -> Path:
    """Give the user's cache folder: programs and images, shared by all clusters and checkouts."""
    return _base("XDG_CACHE_HOME", ".cache")


def clusters() -> Path:
    """Give the folder that holds a folder for each of the user's clusters."""
    return _base("XDG_STATE_HOME", ".local/state")


def _base(variable: str, default: str) -> Path:
    given = os.environ.get(variable, "")
    return (Path(given) if given.startswith("/") else Path.home() / default) / "cortex"


@dataclass(frozen=True)
class Folder:
    """One cluster's folder. Everything of the cluster lies in it, sockets and locks included."""

    path: Path

    @classmethod
    def of(cls, name: str) -> "Folder":
        """Give the folder of the cluster of this name; it need not exist.

        Raises:
            ClusterError: the name cannot be a cluster's.
        """
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?", name):
            raise ClusterError(
                f"{name!r} is no cluster name: use at most 32 of a-z, 0-9 and '-', beginning with a letter"
            )
        return cls(clusters() / name)

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.path.name

    @property
    def mark(self) -> str:
        """Eight hex digits that no other cluster of this machine has, whoever's it is."""
        return hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:8]

    @property
    def cgroup(self) -> str:
        """The name of the cgroup of the cluster's pods."""
        return f"cortex-{self.name}-{self.mark}"

    @property
    def cluster_state(self) -> Path:
        """What was decided once for the cluster: node kind, addresses, ports."""
        return self.path / "cluster.json"

    @property
    def lock(self) -> Path:
        """Held while a command changes the cluster."""
        return self.path / "lock"

    @property
    def status(self) -> Path:
        """What the node says of itself: its components and their states."""
        return self.path / "status.json"

    @property
    def process(self) -> Path:
        """Which process the node is."""
        return self.path / "node.json"

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.path / "pki"

    @property
    def logs(self) -> Path:
        """A log file for each component."""
        return self.path / "logs"

    @property
    def config(self) -> Path:
        """Configuration files of the components."""
        return self.path / "config"

    @property
    def data(self) -> Path:
        """What the components keep: etcd's database, containers, volumes."""
        return self.path / "data"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.path / "kubeconfig"

    @property
    def programs(self) -> Path:
        """Links to the programs that a shell needs: pulumi, kubectl."""
        return self.path / "bin"

    @property
    def images(self) -> Path:
        """The image lock: image name → reference, as JSON."""
        return self.path / "images.json"

    @property
    def pulumi(self) -> Path:
        """Pulumi's state and home for stacks on this cluster."""
        return self.path / "pulumi"
