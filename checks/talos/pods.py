"""Check the pods of the control plane and of kube-proxy, and whether nodes take pods."""

from collections.abc import Iterable

from checks.kube.models import Node, Pod
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.talos.collect import DNS, LABEL, PROXY, STATIC_PODS, SYSTEM
from checks.talos.places import CONTROL_PLANE

NO_PROXY = "kube-proxy is not there: the cluster replaces it, or has it disabled"


def check_pods(builder: ResultBuilder, nodes: Iterable[Node], pods: tuple[Pod, ...], lost: frozenset[str]) -> None:
    """Check the static pods and kube-proxy of each node; a lost node explains its pods."""
    nodes = tuple(nodes)
    has_proxy = any(_app(pod) == PROXY for pod in pods)
    for node in nodes:
        name = node.metadata.name
        if name in lost:
            builder.skipped()
            continue
        if CONTROL_PLANE in node.metadata.labels:
            for app in STATIC_PODS:
                _pod(builder, "talos.static-pod", app, name, pods)
        if has_proxy:
            _pod(builder, "talos.kube-proxy", PROXY, name, pods)
    builder.fact(PROXY, "exists", has_proxy)


def _pod(builder: ResultBuilder, code: str, app: str, node: str, pods: tuple[Pod, ...]) -> None:
    mine = [pod for pod in pods if _app(pod) == app and pod.spec.node_name == node]
    ready = any(pod.ready for pod in mine)
    state = mine[0].status.phase if mine else None
    problem = f"the pod of {app} is not ready" if mine else f"there is no pod of {app}"
    builder.holds(ready, code, Ref("Node", node), f"{problem} on the node", expected="Ready", actual=state)


def check_schedulable(builder: ResultBuilder, nodes: Iterable[Node], lost: frozenset[str]) -> None:
    """Check that nodes take pods; whether they are ready is part of the check `connection`."""
    for node in nodes:
        ref = Ref("Node", node.metadata.name)
        message = "the node is cordoned: it takes no new pods"
        free = not node.spec.unschedulable
        builder.holds(free, "talos.cordoned", ref, message, expected="schedulable", actual="cordoned")
        if not node.ready or node.metadata.name in lost:
            # Reported once, as node.not-ready or talos.node-lost.
            builder.skipped()
        else:
            builder.passed()


def unready_dns(pods: Iterable[Pod]) -> list[str]:
    """Return the CoreDNS pods that are not ready."""
    return sorted(pod.metadata.name for pod in pods if _app(pod) == DNS and pod.live and not pod.ready)


def has_dns(pods: Iterable[Pod]) -> bool:
    """Return whether there is a CoreDNS pod that is ready."""
    return any(_app(pod) == DNS and pod.ready for pod in pods)


def _app(pod: Pod) -> str:
    return pod.metadata.labels.get(LABEL, "") if pod.metadata.namespace == SYSTEM else ""
