"""Can the cluster be reached, and how well; are its nodes there and Ready; does its DNS answer? (Seed, section 1.4.)"""

from checks.connection import api_server
from checks.connection import dns_message as dns
from checks.connection.collect_dns import LABELS, NAMESPACE, SERVICE, Dns
from checks.kube.models import Condition, Node, Pod
from checks.results.builder import Tally
from checks.results.result import CLUSTER, Ref, Row
from checks.verification.snapshot import Snapshot
from stacks.model.declaration import Declaration


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Judge the API server, the nodes and CoreDNS."""
    tally = Tally("connection", "API server, nodes, CoreDNS")
    if (version := tally.use(snapshot.version)) is not None:
        tally.passed()
        tally.fact("api-server", "version", version.value.git_version)
    api_server.judge(tally, declaration, snapshot.api_server)
    if (nodes := tally.use(snapshot.nodes)) is not None:
        _nodes(tally, declaration, nodes.value)
    if (pods := tally.use(snapshot.dns.pods)) is not None:
        _dns(tally, pods.value)
    _answers(tally, snapshot.dns)
    return tally.row()


def _nodes(tally: Tally, declaration: Declaration, nodes: tuple[Node, ...]) -> None:
    cluster = Ref(CLUSTER, declaration.cluster.context)
    wanted = declaration.cluster.nodes
    tally.equal("node.count", cluster, f"the cluster has {len(nodes)} nodes, not {wanted}", wanted, len(nodes))
    ready = 0
    for node in nodes:
        condition = next((c for c in node.status.conditions if c.type == "Ready"), None)
        healthy = condition is not None and condition.status == "True"
        ready += healthy
        tally.holds(
            healthy,
            "node.not-ready",
            Ref("Node", node.metadata.name),
            f"the node is not Ready: {_why(condition)}",
            expected="True",
            actual=condition.status if condition else None,
        )
    tally.fact("nodes", "total", len(nodes))
    tally.fact("nodes", "ready", ready)


def _why(condition: Condition | None) -> str:
    if condition is None:
        return "it has never reported"
    return condition.message or condition.reason or "no reason given"


def _dns(tally: Tally, pods: tuple[Pod, ...]) -> None:
    live = [pod for pod in pods if pod.live]
    ready = sum(pod.ready for pod in live)
    tally.fact("coredns", "ready", ready)
    if ready == 0:
        tally.fault(
            "dns.down",
            Ref("Pods", LABELS, NAMESPACE),
            f"none of {len(live)} CoreDNS pods is ready" if live else "there is no CoreDNS pod",
            expected="at least 1 ready",
            actual=0,
        )
        return
    for pod in live:
        tally.holds(
            pod.ready,
            "dns.not-ready",
            Ref("Pod", pod.metadata.name, NAMESPACE),
            f"the CoreDNS pod is {pod.status.phase} and not Ready",
            expected="Running and Ready",
            actual=pod.status.phase,
        )


def _answers(tally: Tally, asked: Dns) -> None:
    """Judge the answers; where no CoreDNS pod is ready nobody was asked, and that is said already."""
    for name, reading in asked.answers.items():
        if (answer := tally.use(reading)) is None:
            continue
        service = name == SERVICE
        tally.fact("coredns" if service else name, "answer_ms", round(answer.seconds * 1000, 1))
        tally.holds(
            not answer.value.trouble,
            "dns.answer",
            Ref("Service" if service else "Pod", name, NAMESPACE),
            f"asked for {dns.NAME}: {answer.value.trouble}",
            expected="an answer",
            actual=answer.value.trouble,
        )
