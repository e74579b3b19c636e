"""Starting the components and addons of a cluster."""

import time
from collections.abc import Mapping
from pathlib import Path

from local import addons, cluster_state, control_plane, host, kwok, node_components
from local.cluster_setup import ClusterSetup
from local.cluster_state import ClusterState
from local.errors import ClusterError
from local.files import write
from local.folders import Folder
from local.images import Image
from local.node.status import NodeStatus
from local.node_plan import Component, Link, Plan
from local.pki import Authority
from local.progress import Progress
from local.subprocesses import last_logged


def start(
    folder: Folder,
    known: ClusterState,
    programs: Mapping[str, Path],
    images: Mapping[str, Image],
    progress: Progress,
) -> None:
    """Start the components of a cluster, and wait until they and the addons are ready.

    Raises:
        ClusterError: A component or an addon does not start; what was started is stopped again.
    """
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
        is_running = host.is_running(folder)  # before the status is read: a node writes why it fails, then ends
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
