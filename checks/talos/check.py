"""Check the nodes by their Talos API: what `talosctl health` asserts, and versions, certificates and clocks."""

from collections.abc import Mapping
from datetime import timedelta

from checks.kube.models import Node
from checks.kube.reading import ReadFailure, Reason
from checks.results.builder import ResultBuilder
from checks.results.result import CLUSTER, Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.talos.answers import TalosNode, told
from checks.talos.collect import TALOS, Identity, Observation
from checks.talos.etcd import check_etcd
from checks.talos.lost import lost
from checks.talos.node import check_node
from checks.talos.places import CONTROL_PLANE
from checks.talos.pods import check_pods, check_schedulable
from stacks.model.declaration import Declaration
from stacks.model.talos import Talos

CERTIFICATE_DAYS = 30
INSIDE = "Talos: the verifier inside the cluster has no talosconfig; verify from outside"


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check every node, etcd, and the control plane."""
    declared, seen = declaration.talos, snapshot.get(TALOS)
    if declared is None:
        # The stack does not declare Talos.
        builder.passed()
        return
    if seen is None:
        builder.skip(INSIDE)
        return
    nodes = builder.use(snapshot.nodes())
    judge(builder, declaration, declared, seen, nodes.value if nodes else (), snapshot)


def judge(
    builder: ResultBuilder,
    declaration: Declaration,
    declared: Talos,
    seen: Observation,
    nodes: tuple[Node, ...],
    snapshot: Snapshot,
) -> None:
    """Check what was seen; `nodes` is empty if Kubernetes could not be asked."""
    cluster = Ref(CLUSTER, declaration.cluster.context)
    if isinstance(seen.identity, ReadFailure):
        builder.use(seen.identity)
    elif seen.identity is not None:
        _certificate(builder, cluster, seen.identity, snapshot, used=any(node.known for node in seen.nodes))
    gone = lost(seen.nodes)
    by_name = {node.metadata.name: node for node in nodes}
    for node in seen.nodes:
        _node(builder, declared, node, by_name, is_lost=node in gone)
    _same_version(builder, cluster, seen.nodes)
    _control_planes(builder, cluster, declared, seen)
    check_etcd(builder, cluster, seen.nodes)
    names = frozenset(node.name for node in gone)
    if nodes:
        check_schedulable(builder, nodes, names)
        if (pods := builder.use(seen.pods)) is not None:
            check_pods(builder, nodes, pods.value, names)


def _certificate(builder: ResultBuilder, cluster: Ref, identity: Identity, snapshot: Snapshot, *, used: bool) -> None:
    left = identity.expires - snapshot.at
    builder.fact("talosconfig", "certificate_days", left.days)
    if left <= timedelta() and not used:
        # Every node is unknown for that reason.
        return
    expires = f"expires in {left.days} days" if left > timedelta() else f"expired on {identity.expires:%Y-%m-%d}"
    message = f"the client certificate of the talosconfig (context {identity.context}) {expires}"
    few = f"at least {CERTIFICATE_DAYS} days"
    builder.holds(
        left.days >= CERTIFICATE_DAYS, "talos.certificate", cluster, message, expected=few, actual=f"{left.days} days"
    )


def _node(
    builder: ResultBuilder, declared: Talos, node: TalosNode, nodes: Mapping[str, Node], *, is_lost: bool
) -> None:
    if not isinstance(node.answers, ReadFailure):
        check_node(builder, declared, node, node.answers, nodes.get(node.name))
    elif is_lost:
        what = "control-plane node" if node.control_plane else "worker"
        message = f"the {what} does not answer on its Talos API at {node.address}: {node.answers.message}"
        builder.fault("talos.node-lost", Ref("Node", node.name), message, expected="an answer", actual=None)
    else:
        builder.use(node.answers)


def _same_version(builder: ResultBuilder, cluster: Ref, nodes: tuple[TalosNode, ...]) -> None:
    by_version: dict[str, list[str]] = {}
    for node in nodes:
        if node.known and (version := told(node.known.version)):
            by_version.setdefault(version, []).append(node.name)
    shown = "; ".join(f"{version} on {', '.join(names)}" for version, names in sorted(by_version.items()))
    if by_version:
        message = f"the nodes run different versions of Talos: {shown}"
        builder.holds(len(by_version) == 1, "talos.version-skew", cluster, message, expected="one version")


def _control_planes(builder: ResultBuilder, cluster: Ref, declared: Talos, seen: Observation) -> None:
    count = sum(node.control_plane for node in seen.nodes)
    wanted = declared.control_planes
    if not count:
        message = f"no node has the label {CONTROL_PLANE}"
        builder.unknown("find the control-plane nodes", Reason.FAILED, message)
    elif wanted is not None:
        message = f"the cluster has {count} control-plane nodes, and {wanted} are declared"
        builder.equal("talos.control-planes", cluster, message, wanted, count)
    if seen.nodes:
        missing = ", ".join(seen.unlisted)
        message = f"nodes of the talosconfig are not nodes of the cluster: {missing}"
        builder.holds(not missing, "talos.node-missing", cluster, message, expected=None, actual=missing)


CHECK = Check("talos", "Talos", frozenset({"Node"}), (TALOS,), check)
