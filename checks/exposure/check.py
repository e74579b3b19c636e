"""Check that declared MCP servers answer at their addresses outside the cluster."""

from checks.drift.root_cause import explained
from checks.exposure.addresses import is_exposed
from checks.exposure.collect import OUTSIDE, Exposed, Tried
from checks.mcp.answer import Answer, Outcome
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.workloads.workload import KINDS
from stacks.model.declaration import Declaration
from stacks.model.owner import SERVERS, Owner
from stacks.model.server import Server


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check what answers at each address of a NodePort, load balancer, Ingress or Gateway."""
    servers = {kind: server for kind, server in declaration.servers.items() if is_exposed(server)}
    if not servers:
        # The stack exposes no server.
        builder.passed()
        return
    outside = snapshot.get(OUTSIDE)
    if outside is None:
        builder.skip("addresses outside the cluster are tried from outside only")
        return
    for kind, server in servers.items():
        for reading in outside[kind]:
            if found := builder.use(reading):
                _exposed(
                    builder, kind, server, found.value, silent=explained(declaration, Owner(SERVERS, kind), snapshot)
                )


def _exposed(builder: ResultBuilder, kind: str, server: Server, found: Exposed, *, silent: bool) -> None:
    place = found.place
    if place.missing:
        builder.skipped(server.namespace)
    elif not place.addresses and place.source:
        message = f"{place.source} has no address, so nobody outside the cluster reaches {kind} by it"
        builder.fault("exposure.no-address", place.ref, message, expected="an address", actual="none")
    elif not place.addresses:
        builder.skip(f"no ready node has an address by which {kind} could be reached")
    elif not found.tried:
        builder.skip(f"{place.ref} leads to {kind} from a path that is not declared: {server.path} is outside its path")
    for tried in found.tried:
        builder.took(tried.seconds)
        answer = tried.authorized or tried.anonymous
        builder.fact(kind, "outside", f"{tried.url}: {answer.outcome.value}")
        if silent and answer.outcome is not Outcome.ANSWERED:
            builder.skipped(server.namespace)
        else:
            _judge(builder, server, place.ref, tried, answer)


def _judge(builder: ResultBuilder, server: Server, ref: Ref, tried: Tried, answer: Answer) -> None:
    told = f"{tried.url}: {answer.detail}"
    if server.authorization and tried.anonymous.outcome is Outcome.ANSWERED:
        message = f"{tried.url} answers requests without credentials"
        builder.fault("exposure.anonymous", ref, message, expected="HTTP 401", actual="an answer to tools/list")
    elif answer.distrusted:
        builder.fault("exposure.certificate", ref, told, expected="a trusted certificate", actual=answer.detail)
    elif answer.outcome is Outcome.NO_MCP or (answer.outcome is Outcome.GATED and tried.authorized):
        builder.fault("exposure.wrong", ref, told, expected="the MCP server", actual=answer.outcome.value)
    elif answer.outcome is Outcome.ANSWERED or (server.authorization and answer.challenge):
        builder.passed(namespace=ref.space)
    else:
        builder.fault("exposure.unreached", ref, told, expected="an answer of the server", actual=answer.outcome.value)


CHECK = Check(
    "exposure",
    "Addresses outside",
    frozenset({"Namespace", *KINDS, "Service", "Pod", "Ingress", "Node"}),
    (OUTSIDE,),
    check,
)
