"""The healthy cluster of the tests as one of Talos: its nodes are simulated ones, with the pods of a control plane."""

from collections.abc import Iterable
from typing import Any

from tests.checks.talos.simulated_node import Node
from tests.checks.world import Json, World

KUBELET = "v1.29.0"
STATIC = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")


def become_talos(world: World, nodes: Iterable[Node]) -> None:
    """Replace the nodes of the world by these."""
    nodes = list(nodes)
    world.objects["nodes", ""] = []
    for node in nodes:
        world.add("nodes", "", kubernetes_node(node))
        for pod in pods(node):
            world.add("pods", "kube-system", pod)


def kubernetes_node(node: Node) -> Json:
    """Give the node as Kubernetes shows it."""
    labels = {"node-role.kubernetes.io/control-plane": ""} if node.control_plane else {}
    return {
        "metadata": {"name": node.name, "labels": labels},
        "spec": {},
        "status": {
            "addresses": [{"type": "InternalIP", "address": node.address}, {"type": "Hostname", "address": node.name}],
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "False"}],
            "nodeInfo": {"kubeletVersion": KUBELET},
        },
    }


def pods(node: Node) -> list[Json]:
    """Give the pods in kube-system that each node has."""
    apps = (*STATIC, "kube-proxy") if node.control_plane else ("kube-proxy",)
    return [_pod(app, node.name) for app in apps]


def _pod(app: str, node: str) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{app}-{node}", "labels": {"k8s-app": app}},
        "spec": {"nodeName": node},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }
