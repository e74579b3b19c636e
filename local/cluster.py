"""Start, stop and status of a cluster."""

import contextlib
import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from local import (
    cluster_state,
    debian_packages,
    environment,
    folders,
    host,
    node_components,
)
from local.cluster_start import start
from local.cluster_state import NodeKind
from local.errors import ClusterError
from local.files import write
from local.folders import Folder
from local.images import Image, build
from local.node.status import NodeStatus
from local.progress import Progress
from local.tool_finder import ToolFinder
from local.toolchain import TOOLS

SOURCE = Path(__file__).parent.parent
"""The checkout, whose code goes into images."""

_FREE_GIBIBYTES = 3
_AS_IMAGES = ("coredns", "metrics-server", "kube-state-metrics")


def up(name: str, node: NodeKind, progress: Progress) -> Folder:
    """Start the cluster, or leave it as it is if it is running. Return its folder.

    Raises:
        LocalError: It cannot start; an existing cluster is left unchanged.
    """
    folder = Folder.of(name)
    _preconditions(folder, node)
    with _locked(folder):
        known = cluster_state.load(folder.cluster_state)
        if known and known.node != node:
            raise ClusterError(
                f"cluster {name!r} has a {known.node} node: use --node {known.node}, another --name, "
                f"or remove it with `cortex local down --name {name} --delete`"
            )
        if node == "real":
            debian_packages.ensure(progress.say)
        programs = ToolFinder(folders.cache(), progress).ensure(TOOLS)
        images = _images(folder, programs, progress) if node == "real" else {}
        if host.is_running(folder):
            progress.say(f"cluster {name!r} is already running")
            for image in images.values():
                host.run_inside(folder, node_components.import_command(programs["ctr"], image))
        else:
            start(folder, known or cluster_state.create(folder.cluster_state, node), programs, images, progress)
        environment.prepare(folder, programs)
    return folder


def down(name: str, *, delete: bool = False) -> bool:
    """Stop the cluster; with `delete`, remove its folder too. Return False if there was nothing to do.

    Raises:
        ClusterError: Another command is changing the cluster, or a part of it cannot be removed.
    """
    folder = Folder.of(name)
    if not folder.path.exists():
        return False
    with _locked(folder):
        stopped = folder.process.exists()
        host.stop(folder)
        if delete:
            shutil.rmtree(folder.path)
    return stopped or delete


def status(name: str) -> NodeStatus | None:
    """Return the status of a running node, or None if the cluster is not running."""
    folder = Folder.of(name)
    return NodeStatus.load(folder.status) if host.is_running(folder) else None


def existing() -> list[str]:
    """Return the names of this user's clusters, running or not."""
    base = folders.clusters()
    return sorted(p.parent.name for p in base.glob("*/cluster.json")) if base.exists() else []


def _preconditions(folder: Folder, node: NodeKind) -> None:
    if sys.platform != "linux":
        raise ClusterError(
            "the embedded cluster needs Linux: use a Linux machine, or another cluster by its kubeconfig"
        )
    if node == "real" and os.geteuid() != 0:
        raise ClusterError(
            "a real node needs root: run the same command as root, or `cortex local up --node kwok`, which runs no"
            " containers"
        )
    for path in (folders.cache(), folder.path):
        there = next(p for p in [path, *path.parents] if p.exists())
        free = shutil.disk_usage(there).free / 2**30
        if free < _FREE_GIBIBYTES:
            raise ClusterError(
                f"only {free:.1f} GiB are free on the disk of {path}, and the cluster needs {_FREE_GIBIBYTES}: "
                "free some space, or set XDG_CACHE_HOME and XDG_STATE_HOME to folders on another disk"
            )


@contextlib.contextmanager
def _locked(folder: Folder) -> Iterator[None]:
    """Hold the cluster's lock, so that only one command at a time changes it."""
    folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    with folder.lock.open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ClusterError(
                f"another command is starting or stopping cluster {folder.name!r}: wait for it, or use another --name"
            ) from None
        yield


def _images(folder: Folder, programs: Mapping[str, Path], progress: Progress) -> dict[str, Image]:
    static = {name: programs[name] for name in _AS_IMAGES}
    images = build(folders.cache() / "images", static, SOURCE, progress.say)
    lock = {image.reference.rpartition(":")[0]: image.reference for image in images.values()}
    write(folder.images, json.dumps(lock, indent=2, sort_keys=True), mode=0o644)
    return images
