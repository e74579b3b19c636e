"""Check the API server, the nodes and the cluster's DNS."""

from checks.connection.api_server import check as check_api_server
from checks.connection.collect_api_server import API_SERVER
from checks.connection.collect_dns import DNS, SERVICE, Dns
from checks.connection.collect_encryption import ENCRYPTION, NAMESPACE, ApiServerPod
from checks.connection.dns_message import known_name
from checks.kube.models import Condition, Node, Pod
from checks.kube.resources import label_selector
from checks.results.builder import ResultBuilder
from checks.results.result import CLUSTER, Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model.cluster_dns import ClusterDns
from stacks.model.declaration import Cluster, Declaration


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check the API server, the nodes and CoreDNS."""
    if (version := builder.use(snapshot.version)) is not None:
        builder.passed()
        builder.fact("api-server", "version", version.value.git_version)
    check_api_server(builder, declaration, snapshot.get(API_SERVER))
    if (servers := builder.use(snapshot.get(ENCRYPTION))) is not None:
        _encryption(builder, servers.value)
    if (nodes := builder.use(snapshot.nodes())) is not None:
        _nodes(builder, declaration, nodes.value)
    if (pods := builder.use(snapshot.get(DNS).pods)) is not None:
        _dns(builder, declaration.cluster.name_servers(), pods.value)
    _answers(builder, declaration.cluster, snapshot.get(DNS))


def _encryption(builder: ResultBuilder, servers: tuple[ApiServerPod, ...]) -> None:
    """Check that the API server encrypts Secrets in etcd. Where its pods are not visible, nothing can be asserted."""
    for server in servers:
        builder.holds(
            server.encrypts,
            "api.encryption",
            Ref("Pod", server.name, NAMESPACE),
            "the API server has no encryption provider, so Secrets are in etcd in the clear",
            expected="an encryption provider",
            actual=None,
        )
    shown = "configured" if all(server.encrypts for server in servers) else "missing"
    builder.fact("api-server", "encryption_at_rest", shown if servers else "not visible")


def _nodes(builder: ResultBuilder, declaration: Declaration, nodes: tuple[Node, ...]) -> None:
    cluster = Ref(CLUSTER, declaration.cluster.context)
    wanted = declaration.cluster.nodes
    builder.equal("node.count", cluster, f"the cluster has {len(nodes)} nodes, not {wanted}", wanted, len(nodes))
    ready = 0
    for node in nodes:
        condition = next((c for c in node.status.conditions if c.type == "Ready"), None)
        healthy = condition is not None and condition.status == "True"
        ready += healthy
        builder.holds(
            healthy,
            "node.not-ready",
            Ref("Node", node.metadata.name),
            f"the node is not Ready: {_why(condition)}",
            expected="True",
            actual=condition.status if condition else None,
        )
    builder.fact("nodes", "total", len(nodes))
    builder.fact("nodes", "ready", ready)


def _why(condition: Condition | None) -> str:
    if condition is None:
        return "its kubelet has never reported"
    return condition.message or condition.reason or "no reason given"


def _dns(builder: ResultBuilder, dns: ClusterDns, pods: tuple[Pod, ...]) -> None:
    live = [pod for pod in pods if pod.live]
    ready = sum(pod.ready for pod in live)
    builder.fact("coredns", "ready", ready)
    if ready == 0:
        builder.fault(
            "dns.down",
            Ref("Pods", label_selector(dns.labels), dns.namespace),
            f"none of {len(live)} CoreDNS pods is ready" if live else "no CoreDNS pod exists",
            expected="at least 1 ready",
            actual=0,
        )
        return
    for pod in live:
        builder.holds(
            pod.ready,
            "dns.not-ready",
            Ref("Pod", pod.metadata.name, dns.namespace),
            f"the CoreDNS pod is {pod.status.phase} and not Ready",
            expected="Running and Ready",
            actual=pod.status.phase,
        )


def _answers(builder: ResultBuilder, cluster: Cluster, queried: Dns) -> None:
    """Check the answers to DNS queries. If no CoreDNS pod is ready there are none, and dns.down is reported."""
    for name, reading in queried.answers.items():
        if (answer := builder.use(reading)) is None:
            continue
        service = name == SERVICE
        builder.fact("coredns" if service else name, "answer_ms", round(answer.seconds * 1000, 1))
        builder.holds(
            not answer.value.trouble,
            "dns.answer",
            Ref("Service" if service else "Pod", name, cluster.name_servers().namespace),
            f"query for {known_name(cluster.service_domain())}: {answer.value.trouble}",
            expected="an answer",
            actual=answer.value.trouble,
        )


CHECK = Check("connection", "API server, nodes, CoreDNS", frozenset({"Node"}), (API_SERVER, DNS, ENCRYPTION), check)
