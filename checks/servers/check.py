"""Are the declared MCP servers as declared, and are there no others? (Seed, sections 2 and 3.)"""

from checks.drift import check as drift
from checks.drift.routing import SERVERS
from checks.kube import models as k8s
from checks.kube.resources import CUSTOM
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.servers import pods as workload
from checks.servers.collect import DISCOVERY
from checks.servers.discovery import sightings
from checks.servers.pods import Live
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.server import Server


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Judge each declared server's objects and pods, and look for servers that nobody declared."""
    drift.check(builder, declaration, snapshot, SERVERS)
    for kind, server in declaration.servers.items():
        if snapshot.has_namespace(server.namespace):
            _server(builder, kind, server, snapshot)
    for namespace in declaration.namespaces:
        _undeclared(builder, declaration, namespace, snapshot)
    _elsewhere(builder, declaration, snapshot)


def _server(builder: ResultBuilder, kind: str, server: Server, snapshot: Snapshot) -> None:
    deployments, pods = _deployments(builder, snapshot, server.namespace), builder.use(snapshot.pods(server.namespace))
    deployment = next((d for d in deployments or () if d.metadata.name == names.server(kind)), None)
    if deployment is not None:
        workload.check(builder, kind, server, Live(deployment, pods.value if pods else None))


def _deployments(builder: ResultBuilder, snapshot: Snapshot, namespace: str) -> tuple[k8s.Deployment, ...] | None:
    reading = builder.use(snapshot.typed("Deployment", namespace, k8s.Deployment))
    return reading.value if reading else None


def _elsewhere(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Find servers in namespaces that are not the stack's, where the account may look there."""
    everywhere = snapshot.get(DISCOVERY)
    if everywhere is None:
        # The verifier inside the cluster, which has no right to look elsewhere.
        builder.fact("namespaces", "searched", "declared")
        return
    if (pods := builder.use(everywhere)) is None:
        return
    builder.fact("namespaces", "searched", "all")
    elsewhere = [pod for pod in pods.value if pod.metadata.namespace not in declaration.namespaces]
    strangers = sightings(declaration, elsewhere, {})
    if not strangers:
        builder.passed()
    for stranger in strangers:
        builder.fault(
            "server.undeclared",
            Ref("Pod", stranger.pod.metadata.name, stranger.namespace),
            f"an MCP server of type {stranger.type!r} runs in a namespace that is not declared",
            expected="no servers",
            actual=stranger.type,
            remedy=Remedy.PERSON,
        )


def _undeclared(builder: ResultBuilder, declaration: Declaration, namespace: str, snapshot: Snapshot) -> None:
    declared = {kind for kind, server in declaration.servers.items() if server.namespace == namespace}
    pods, deployments = builder.use(snapshot.pods(namespace)), _deployments(builder, snapshot, namespace)
    found: dict[Ref, str | None] = {}
    for deployment in deployments or ():
        if is_server(deployment) and deployment.metadata.name not in map(names.server, declared):
            found[Ref("Deployment", deployment.metadata.name, namespace)] = _type(deployment.spec.template.metadata)
    # A Deployment names the cause rather than one of its pods.
    said = {*declared, *found.values()}
    for pod in pods.value if pods else ():
        if pod.live and pod.metadata.labels.get(names.APP) == names.MCP_SERVER_APP:
            if (kind := _type(pod.metadata)) not in said:
                found[Ref("Pod", pod.metadata.name, namespace)] = kind
            said.add(kind)
    if pods is not None and deployments is not None:
        builder.passed(namespace=namespace)
    for ref, kind in found.items():
        message = (
            f"an MCP server of type {kind!r} runs here" if kind else "an MCP server without a type label runs here"
        )
        expected = ", ".join(sorted(declared)) or "no servers"
        builder.fault("server.undeclared", ref, message, expected=expected, actual=kind)


def is_server(deployment: k8s.Deployment) -> bool:
    """Tell whether a Deployment's pods say that they are an MCP server."""
    return deployment.spec.template.metadata.labels.get(names.APP) == names.MCP_SERVER_APP


def _type(metadata: k8s.Meta | k8s.TemplateMeta) -> str | None:
    return metadata.labels.get(names.TYPE)


CHECK = Check(
    "servers",
    "MCP servers",
    frozenset({"Namespace", "Pod", "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", *CUSTOM}),
    (DISCOVERY,),
    check,
)
