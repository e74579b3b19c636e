"""The folders of the embedded cluster: one for each cluster, and one cache for all."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from local.errors import ClusterError

_TAKEN = frozenset({"kubeconfig", "rotation", "talos", "tokens"})
"""Folders of other commands in the same place: `cortex local down --delete` would delete what they keep."""


def cache() -> Path:
    """Return the user's cache folder with programs and images, which all clusters and checkouts share."""
    return _base("XDG_CACHE_HOME", ".cache")


def clusters() -> Path:
    """Return the folder that holds a folder for each of the user's clusters."""
    return _base("XDG_STATE_HOME", ".local/state")


def _base(variable: str, default: str) -> Path:
    given = os.environ.get(variable, "")
    return (Path(given) if given.startswith("/") else Path.home() / default) / "cortex"


@dataclass(frozen=True)
class Folder:
    """The folder of one cluster, which contains all its files."""

    path: Path

    @classmethod
    def of(cls, name: str) -> "Folder":
        """Return the folder of the cluster of this name, which need not exist.

        Raises:
            ClusterError: The name is not valid.
        """
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?", name):
            raise ClusterError(
                f"{name!r} is not a valid cluster name: use up to 32 of a-z, 0-9 and '-', and no '-' at either end"
            )
        if name in _TAKEN:
            raise ClusterError(f"{name!r} is the name of another folder of cortex: choose another name for the cluster")
        return cls(clusters() / name)

    @property
    def name(self) -> str:
        """Return the cluster's name."""
        return self.path.name

    @property
    def mark(self) -> str:
        """Return eight hex digits that differ for each cluster on this machine, also between users."""
        return hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:8]

    @property
    def cgroup(self) -> str:
        """Return the name of the cgroup of the cluster's pods."""
        return f"cortex-{self.name}-{self.mark}"

    @property
    def cluster_state(self) -> Path:
        """Return the file with the cluster's fixed properties: node kind, addresses, ports."""
        return self.path / "cluster.json"

    @property
    def lock(self) -> Path:
        """Return the lock file, which is held while a command changes the cluster."""
        return self.path / "lock"

    @property
    def status(self) -> Path:
        """Return the file with the states of the node's components."""
        return self.path / "status.json"

    @property
    def process(self) -> Path:
        """Return the file that identifies the node's processes."""
        return self.path / "node.json"

    @property
    def pki(self) -> Path:
        """Return the folder for certificates and keys."""
        return self.path / "pki"

    @property
    def logs(self) -> Path:
        """Return the folder for the components' log files."""
        return self.path / "logs"

    @property
    def config(self) -> Path:
        """Return the folder for the components' configuration files."""
        return self.path / "config"

    @property
    def data(self) -> Path:
        """Return the folder for the components' data: etcd's database, containers, volumes."""
        return self.path / "data"

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.path / "kubeconfig"

    @property
    def programs(self) -> Path:
        """Return the folder with links to the programs for a shell: pulumi, kubectl."""
        return self.path / "bin"

    @property
    def images(self) -> Path:
        """Return the image lock, a JSON file: image name → reference."""
        return self.path / "images.json"

    @property
    def pulumi(self) -> Path:
        """Return the folder for Pulumi's state and home for stacks on this cluster."""
        return self.path / "pulumi"
