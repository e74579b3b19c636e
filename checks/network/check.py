"""Check that NetworkPolicies are as declared, and with probe pods that only declared clients reach the MCP servers."""

from collections.abc import Mapping

from checks.drift.compare import compare
from checks.drift.root_cause import explained
from checks.drift.routing import NETWORK
from checks.kube.reading import Read, Reason
from checks.mcp.answer import Outcome as McpOutcome
from checks.mcp.collect import ANSWERS
from checks.network.callers import Caller, admitted, asked, callers, elsewhere
from checks.network.collect import ATTEMPTS, Outcome
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.workloads.workload import KINDS
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.server import Server

_ACCEPTED = frozenset({McpOutcome.ANSWERED, McpOutcome.NO_MCP, McpOutcome.GATED})
"""Outcomes that prove that the MCP server accepts connections."""


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Compare the policies field by field, then check which callers could connect to which servers."""
    compare(builder, declaration, snapshot, NETWORK)
    servers, network = asked(declaration), snapshot.get(ATTEMPTS)
    if network.skipped:
        builder.skip(network.skipped)
    elif not servers:
        # The stack declares no server that runs.
        builder.passed()
    for caller, attempt in network.attempts.items():
        if not snapshot.has_namespace(caller.namespace):
            # Reported once, as namespace.missing.
            builder.skipped(caller.namespace)
        elif (reading := builder.use(attempt)) is not None:
            for kind, outcome in reading.value.items():
                _outcome(builder, declaration, kind, caller, outcome, snapshot)
    if not network.skipped:
        _not_tried(builder, declaration, servers)


def _not_tried(builder: ResultBuilder, declaration: Declaration, servers: Mapping[str, Server]) -> None:
    """Note which declared clients were not tried, and which servers have no undeclared client to try."""
    pods = callers(declaration)
    for kind, server in servers.items():
        if clients := ", ".join(client.namespace for client in elsewhere(declaration, server)):
            builder.skip(f"clients of {kind} in namespaces that the stack does not own are not tried: {clients}")
        if all(admitted(server, caller) for caller in pods):
            builder.skip(f"every declared namespace is a client of {kind}: no undeclared client can be tried")


def _outcome(
    builder: ResultBuilder, declaration: Declaration, kind: str, caller: Caller, outcome: Outcome, snapshot: Snapshot
) -> None:
    server = asked(declaration)[kind]
    ref = Ref("NetworkPolicy", names.server(kind), server.namespace)
    client = admitted(server, caller)
    if outcome is Outcome.REACHED:
        message = f"{caller} is not a declared client, but can connect to port {server.port}"
        builder.holds(client, "network.open", ref, message, expected="refused", actual=outcome.value)
    elif explained(declaration, kind, snapshot):
        builder.skipped(server.namespace)
    elif client and _answer(kind, snapshot) is McpOutcome.UNREACHABLE:
        # The server accepts no connections at all: reported once, as mcp.unreachable.
        builder.skipped(server.namespace)
    elif client:
        message = f"{caller} is a declared client, but cannot connect to port {server.port}"
        builder.fault("network.closed", ref, message, expected=Outcome.REACHED.value, actual=outcome.value)
    elif outcome is not Outcome.UNRESOLVED and _accepts_connections(kind, snapshot):
        builder.passed(namespace=server.namespace)
    else:
        builder.unknown(
            f"connect to {server.namespace}/{ref.name} from {caller}",
            Reason.FAILED,
            "no client could connect either, so a NetworkPolicy is not proved to deny the connection",
        )


def _accepts_connections(kind: str, snapshot: Snapshot) -> bool:
    """Return whether some client could connect to the server, so that a refusal proves a NetworkPolicy."""
    attempts = snapshot.get(ATTEMPTS).attempts.values()
    reached = any(isinstance(attempt, Read) and attempt.value[kind] is Outcome.REACHED for attempt in attempts)
    return reached or _answer(kind, snapshot) in _ACCEPTED


def _answer(kind: str, snapshot: Snapshot) -> McpOutcome:
    return snapshot.get(ANSWERS)[kind].service.outcome


CHECK = Check(
    NETWORK,
    "NetworkPolicies, and at work",
    frozenset({"Namespace", "NetworkPolicy", *KINDS, "Service", "Pod"}),
    (ATTEMPTS, ANSWERS),
    check,
)
