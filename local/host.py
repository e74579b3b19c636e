"""The host's side of a node: starting and stopping its process, and its network link."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from local import debian_packages
from local.cluster_state import ClusterState
from local.errors import ClusterError
from local.files import write
from local.folders import Folder
from local.node import cgroups
from local.process import Process, only_child
from local.subprocesses import run

MOUNT_POINTS = {"/var/lib/kubelet": "kubelet", "/var/lib/cni": "cni", "/var/log/containers": "container-logs"}
"""Fixed folders of programs → the folder of the cluster's data that the node mounts there."""

_STOP_WITHIN_SECONDS = 15.0


@dataclass(frozen=True)
class Node:
    """The processes of a node."""

    outer: Process
    """`unshare` for a real node, else the supervisor itself."""
    inner: Process
    """The supervisor."""

    def save(self, path: Path) -> None:
        """Write the file by which later commands find the node."""
        write(path, json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> "Node | None":
        """Return the node that `save` wrote, or None if there is no file."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(Process(**raw["outer"]), Process(**raw["inner"]))


def start(folder: Folder, state: ClusterState, plan: Path) -> Node:
    """Start the node's process; a real node gets its own namespaces and a network link.

    Raises:
        ClusterError: The process or the link cannot be created.
    """
    command = [sys.executable, "-m", "local.node", str(plan)]
    if state.node == "real":
        isolate = ["--net", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"]
        command = [debian_packages.find("unshare") or "unshare", *isolate, *command]
    with (folder.logs / "node.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={
                "PATH": search_path(),
                "HOME": str(Path.home()),
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            },
            start_new_session=True,
        )
    try:
        outer = Process.of(process.pid)
        node = Node(outer, only_child(process.pid) if state.node == "real" else outer)
    except (ProcessLookupError, TimeoutError) as error:
        process.kill()
        raise ClusterError(f"the node's process ended immediately: see {folder.logs / 'node.log'}") from error
    node.save(folder.process)
    if state.node == "real":
        _link(folder, state, node)
    return node


def is_running(folder: Folder) -> bool:
    """Return whether the node of a cluster is running."""
    node = Node.load(folder.process)
    return node is not None and node.inner.alive()


def run_inside(folder: Folder, command: tuple[str, ...]) -> None:
    """Run a command in the node's namespaces.

    Raises:
        ClusterError: The node is not running, or the command failed.
    """
    node = Node.load(folder.process)
    if node is None:
        raise ClusterError(f"cluster {folder.name!r} is not running: start it with `cortex local up`")
    enter = [
        debian_packages.find("nsenter") or "nsenter",
        f"--target={node.inner.pid}",
        "--mount",
        "--net",
        "--pid",
        "--",
    ]
    run([*enter, *command], ClusterError, f"{command[0]} in the node of cluster {folder.name!r}")


def stop(folder: Folder) -> None:
    """End the node's processes and remove its link, cgroup and status. Do nothing if there is no node."""
    node = Node.load(folder.process)
    if node is None:
        return
    node.inner.end(_STOP_WITHIN_SECONDS)
    node.outer.end(_STOP_WITHIN_SECONDS)
    if node.outer != node.inner:
        # The kernel deletes the link with the network namespace, but with a delay, and the next start needs its routes.
        _ip(f"link delete {interface(folder)}")
    try:
        cgroups.remove(folder.cgroup)
    except OSError as error:
        raise ClusterError(
            f"the cgroup {folder.cgroup} cannot be removed ({error}): run the same command again"
        ) from error
    folder.status.unlink(missing_ok=True)
    folder.process.unlink(missing_ok=True)


def interface(folder: Folder) -> str:
    """Return the name of the machine's end of the link to a node; Linux allows 15 characters."""
    return f"cortex-{folder.mark}"


def search_path() -> str:
    """Return a PATH that includes the sbin folders."""
    return ":".join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def _link(folder: Folder, state: ClusterState, node: Node) -> None:
    mine = interface(folder)
    steps = (
        f"link add {mine} type veth peer name eth0 netns {node.inner.pid}",
        f"addr add {state.host_address}/30 dev {mine}",
        f"link set {mine} up",
        f"route add {state.services} via {state.node_address}",
        f"route add {state.pods} via {state.node_address}",
    )
    for step in steps:
        done = _ip(step)
        if done.returncode != 0:
            stop(folder)
            raise ClusterError(
                f"the network link to the node cannot be created: `ip {step}` failed: {done.stderr.strip()}"
            )


def _ip(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [debian_packages.find("ip") or "ip", *command.split()], capture_output=True, text=True, check=False
    )
