"""Check that the declared MCP servers are as declared, and that no others run."""

from checks.drift.compare import compare
from checks.drift.routing import SERVERS
from checks.kube import models as k8s
from checks.kube.resources import RARE
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.servers.collect import DISCOVERY
from checks.servers.discovery import sightings
from checks.servers.labels import check_labels
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.workloads.pods import check_pods, live
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.workload import controller


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check the objects and pods of each declared server, and look for undeclared servers."""
    compare(builder, declaration, snapshot, SERVERS)
    for kind, server in declaration.servers.items():
        if snapshot.has_namespace(server.namespace):
            _server(builder, declaration, kind, snapshot)
    for namespace in declaration.occupied_namespaces():
        _undeclared(builder, declaration, namespace, snapshot)
    _elsewhere(builder, declaration, snapshot)


def _server(builder: ResultBuilder, declaration: Declaration, kind: str, snapshot: Snapshot) -> None:
    owner, server = Owner(SERVERS, kind), declaration.servers[kind]
    if found := live(builder, snapshot, owner, server):
        check_labels(builder, owner, server, declaration.cluster.service_domain(), found)
        check_pods(builder, "server", owner, server, found)


def _deployments(builder: ResultBuilder, snapshot: Snapshot, namespace: str) -> tuple[k8s.Deployment, ...] | None:
    reading = builder.use(snapshot.typed("Deployment", namespace, k8s.Deployment))
    return reading.value if reading else None


def _elsewhere(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Look for servers in undeclared namespaces, unless this is the in-cluster verifier."""
    everywhere = snapshot.get(DISCOVERY)
    if everywhere is None:
        # The in-cluster verifier has access to the declared namespaces only.
        builder.fact("namespaces", "searched", "declared")
        return
    if (pods := builder.use(everywhere)) is None:
        return
    builder.fact("namespaces", "searched", "all")
    searched = declaration.occupied_namespaces()
    elsewhere = [pod for pod in pods.value if pod.metadata.namespace not in searched]
    undeclared = sightings(declaration.followed(), elsewhere, {})
    if not undeclared:
        builder.passed()
    for server in undeclared:
        builder.fault(
            "server.undeclared",
            Ref("Pod", server.pod.metadata.name, server.namespace),
            f"an MCP server of type {server.type!r} runs in an undeclared namespace",
            expected="no servers",
            actual=server.type,
            remedy=Remedy.PERSON,
        )


def _undeclared(builder: ResultBuilder, declaration: Declaration, namespace: str, snapshot: Snapshot) -> None:
    declared = {kind for kind, server in declaration.servers.items() if server.namespace == namespace}
    deployed = {names.server(kind) for kind in declared if controller(declaration.servers[kind]) == "Deployment"}
    pods, deployments = builder.use(snapshot.pods(namespace)), _deployments(builder, snapshot, namespace)
    found: dict[Ref, str | None] = {}
    for deployment in deployments or ():
        if is_server(deployment) and deployment.metadata.name not in deployed:
            found[Ref("Deployment", deployment.metadata.name, namespace)] = _type(deployment.spec.template.metadata)
    # A Deployment is reported instead of its pods.
    reported = {*declared, *found.values()}
    for pod in pods.value if pods else ():
        if pod.live and pod.metadata.labels.get(names.APP) == names.MCP_SERVER_APP:
            if (kind := _type(pod.metadata)) not in reported:
                found[Ref("Pod", pod.metadata.name, namespace)] = kind
            reported.add(kind)
    if pods is not None and deployments is not None:
        builder.passed(namespace=namespace)
    for ref, kind in found.items():
        message = f"undeclared MCP server of type {kind!r}" if kind else "undeclared MCP server without a type label"
        expected = ", ".join(sorted(declared)) or "no servers"
        builder.fault("server.undeclared", ref, message, expected=expected, actual=kind)


def is_server(deployment: k8s.Deployment) -> bool:
    """Return whether the pods of a Deployment have the label of MCP servers."""
    return deployment.spec.template.metadata.labels.get(names.APP) == names.MCP_SERVER_APP


def _type(metadata: k8s.Meta | k8s.TemplateMeta) -> str | None:
    return metadata.labels.get(names.TYPE)


CHECK = Check(
    SERVERS,
    "MCP servers",
    frozenset({"Namespace", "Pod", "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", *RARE}),
    (DISCOVERY,),
    check,
)
