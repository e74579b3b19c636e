"""Are the declared MCP servers there, built as declared, and no others? (Seed, sections 2 and 3.)"""

from checks import objects as k8s
from checks.discovery import sightings
from checks.findings import Ref, Row
from checks.judges import workload
from checks.judges.workload import Live
from checks.snapshot import Snapshot
from checks.tally import Tally
from stacks import names
from stacks.model import Declaration
from stacks.server import Server


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Judge each declared server's Deployment, pods and Service, and look for servers that nobody declared."""
    tally = Tally("servers", "MCP servers")
    for kind, server in declaration.servers.items():
        if snapshot.has_namespace(server.namespace):
            _server(tally, kind, server, snapshot)
        else:
            # Reported once, as namespace.missing.
            tally.skipped()
    for namespace in declaration.namespaces:
        _undeclared(tally, declaration, namespace, snapshot)
    _elsewhere(tally, declaration, snapshot)
    return tally.row()


def _server(tally: Tally, kind: str, server: Server, snapshot: Snapshot) -> None:
    name, namespace = names.server(kind), server.namespace
    ref = Ref("Deployment", name, namespace)
    deployments, pods = tally.use(snapshot.deployments[namespace]), tally.use(snapshot.pods[namespace])
    if deployments is not None:
        deployment = next((d for d in deployments.value if d.metadata.name == name), None)
        if deployment is None:
            tally.fault(
                "server.missing",
                ref,
                "the server has no Deployment",
                expected="present",
                actual="absent",
            )
        else:
            workload.judge(tally, kind, server, Live(deployment, pods.value if pods else None))
    if (services := tally.use(snapshot.services[namespace])) is not None:
        _service(tally, kind, server, services.value)


def _elsewhere(tally: Tally, declaration: Declaration, snapshot: Snapshot) -> None:
    """Find servers in namespaces that are not the stack's, where the account may look there."""
    if snapshot.discovery.pods is None:
        tally.fact("namespaces", "searched", "declared")
        return
    if (pods := tally.use(snapshot.discovery.pods)) is None:
        return
    tally.fact("namespaces", "searched", "all")
    elsewhere = [pod for pod in pods.value if pod.metadata.namespace not in declaration.namespaces]
    strangers = sightings(declaration, elsewhere, {})
    if not strangers:
        tally.passed()
    for stranger in strangers:
        tally.fault(
            "server.undeclared",
            Ref("Pod", stranger.pod.metadata.name, stranger.namespace),
            f"an MCP server of type {stranger.type!r} runs in a namespace that is not declared",
            expected="no servers",
            actual=stranger.type,
        )


def _service(tally: Tally, kind: str, server: Server, services: tuple[k8s.Service, ...]) -> None:
    ref = Ref("Service", names.server(kind), server.namespace)
    service = next((s for s in services if s.metadata.name == ref.name), None)
    if service is None:
        tally.fault("service.missing", ref, "the server has no Service", expected="present", actual="absent")
        return
    ports = service.spec.ports
    tally.holds(
        any(p.protocol == "TCP" and p.port == server.port for p in ports),
        "service.port",
        ref,
        f"the Service does not serve port {server.port}",
        expected=server.port,
        actual=", ".join(f"{p.port}/{p.protocol}" for p in ports) or None,
    )
    selector = names.server_selector(kind)
    tally.equal(
        "service.selector",
        ref,
        "the Service selects other pods",
        _joined(selector),
        _joined(service.spec.selector),
    )


def _joined(labels: k8s.Text) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _undeclared(tally: Tally, declaration: Declaration, namespace: str, snapshot: Snapshot) -> None:
    declared = {kind for kind, server in declaration.servers.items() if server.namespace == namespace}
    pods, deployments = tally.use(snapshot.pods[namespace]), tally.use(snapshot.deployments[namespace])
    found: dict[str | None, Ref] = {}
    for pod in pods.value if pods else ():
        if pod.live and pod.metadata.labels.get(names.APP) == names.MCP_SERVER_APP:
            found.setdefault(pod.metadata.labels.get(names.TYPE), Ref("Pod", pod.metadata.name, namespace))
    for deployment in deployments.value if deployments else ():
        labels = deployment.spec.template.metadata.labels
        if labels.get(names.APP) == names.MCP_SERVER_APP:
            # Names the cause rather than one of its pods.
            found[labels.get(names.TYPE)] = Ref("Deployment", deployment.metadata.name, namespace)
    if pods is not None and deployments is not None:
        tally.passed()
    for kind in found.keys() - declared:
        message = (
            f"an MCP server of type {kind!r} runs here" if kind else "an MCP server without a type label runs here"
        )
        tally.fault(
            "server.undeclared",
            found[kind],
            message,
            expected=", ".join(sorted(declared)) or "no servers",
            actual=kind,
        )
