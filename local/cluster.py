"""Start, stop and status of a cluster."""

import contextlib
import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from local import (
    addons,
    cluster_state,
    control_plane,
    debian_packages,
    environment,
    folders,
    host,
    kwok,
    node_components,
)
from local.cluster_state import ClusterState, NodeKind
from local.control_plane import ClusterSetup
from local.errors import ClusterError
from local.files import write
from local.folders import Folder
from local.images import Image, build
from local.node.status import NodeStatus
from local.node_plan import Component, Link, Plan
from local.pki import Authority
from local.progress import Progress
from local.subprocesses import last_logged
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
        if _running(folder):
            progress.say(f"cluster {name!r} is already running")
            for image in images.values():
                host.run_inside(folder, node_components.import_command(programs["ctr"], image))
        else:
            _start(folder, known or cluster_state.create(folder.cluster_state, node), programs, images, progress)
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
    return NodeStatus.load(folder.status) if _running(folder) else None


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


def _running(folder: Folder) -> bool:
    node = host.Node.load(folder.process)
    return node is not None and node.inner.alive()


def _images(folder: Folder, programs: Mapping[str, Path], progress: Progress) -> dict[str, Image]:
    static = {name: programs[name] for name in _AS_IMAGES}
    images = build(folders.cache() / "images", static, SOURCE, progress.say)
    lock = {image.reference.rpartition(":")[0]: image.reference for image in images.values()}
    write(folder.images, json.dumps(lock, indent=2, sort_keys=True), mode=0o644)
    return images


def _start(
    folder: Folder,
    known: ClusterState,
    programs: Mapping[str, Path],
    images: Mapping[str, Image],
    progress: Progress,
) -> None:
    host.stop(folder)  # removes the remains of a crash
    cluster_state.check_free(known)
    for path in (folder.logs, folder.config, folder.data):
        path.mkdir(exist_ok=True, mode=0o700)
    alternatives = [
        "127.0.0.1", known.node_address, known.service_address(1), "kubernetes", "kubernetes.default",
        "kubernetes.default.svc", f"kubernetes.default.svc.{control_plane.CLUSTER_DOMAIN}", "localhost",
    ]  # fmt: skip
    authority = Authority(folder.pki, node_components.node_name(folder.name), list(dict.fromkeys(alternatives)))
    authority.ensure()
    write(folder.kubeconfig, authority.kubeconfig("admin", known.server))
    setup = ClusterSetup(folder, known, authority, programs)
    plan = folder.config / "plan.json"
    _plan(setup, images).save(plan)
    host.start(folder, known, plan)
    add = addons.Addons(folder, programs["kubectl"], progress.say)
    try:
        shown: set[str] = set()
        _follow(folder, "kube-apiserver", shown, progress)
        _apply(add, setup, images)
        _follow(folder, None, shown, progress)
        if known.node == "real":
            for deployment in ("coredns", "metrics-server"):
                add.wait(deployment)
    except BaseException:
        host.stop(folder)
        raise


def _plan(setup: ClusterSetup, images: Mapping[str, Image]) -> Plan:
    real = setup.state.node == "real"
    parts: list[Component] = control_plane.components(setup)
    parts += node_components.components(setup, images) if real else [kwok.component(setup)]
    points = host.MOUNT_POINTS if real else {}
    return Plan(
        components=tuple(parts),
        folder=str(setup.folder.path),
        status=str(setup.folder.status),
        logs=str(setup.folder.logs),
        path=":".join([str(setup.programs["containerd"].parent), host.search_path()]),
        link=Link(f"{setup.state.node_address}/30", setup.state.host_address) if real else None,
        binds=tuple((str(setup.folder.data / name), point) for point, name in points.items()),
        cgroup=setup.folder.cgroup if real else "",
    )


def _apply(add: addons.Addons, setup: ClusterSetup, images: Mapping[str, Image]) -> None:
    if setup.state.node == "kwok":
        add.apply("kwok", {"node": kwok.node_name(setup.folder.name)})
        return
    add.apply("kube-router", {})
    dns = setup.state.service_address(node_components.DNS_NUMBER)
    add.apply("coredns", {"coredns": images["coredns"].reference, "dns_address": dns})
    add.apply("metrics-server", {"metrics_server": images["metrics-server"].reference})


def _follow(folder: Folder, until: str | None, shown: set[str], progress: Progress) -> None:
    """Show the components as they become healthy, until the one named `until` is, or all are.

    Raises:
        ClusterError: A component does not become healthy, or the node's process ends.
    """
    while True:
        is_running = _running(folder)  # before the status is read: a node writes why it fails, then ends
        state = NodeStatus.load(folder.status) or NodeStatus()
        for name, component in state.components.items():
            if component.state in {"healthy", "done"} and name not in shown:
                shown.add(name)
                progress.say(f"{name} {component.state} after {component.seconds} s")
        if state.phase == "failed" or not is_running:
            raise ClusterError(_failure(folder, state))
        if state.phase == "ready" or until in shown:
            return
        time.sleep(0.1)


def _failure(folder: Folder, state: NodeStatus) -> str:
    name, _, wrong = state.message.partition(": ")
    log = folder.logs / f"{name}.log"
    if not wrong or not log.exists():
        return f"the node's process ended ({state.message or 'without a message'}): see {folder.logs / 'node.log'}"
    return f"{name} did not start: {wrong}; its last log line: {last_logged(log)[:300]} (full log: {log})"
