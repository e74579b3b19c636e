"""Are NetworkPolicies as declared, and do they let the declared clients in, and nobody else? Probe pods tell."""

from collections.abc import Mapping

from checks.drift import check as drift
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
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.server import Server

_UP = frozenset({McpOutcome.ANSWERED, McpOutcome.NO_MCP, McpOutcome.GATED})
"""Answers that only a server gives to which a connection could be made."""


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Compare the policies field by field, then judge what each caller could and could not connect to."""
    drift.check(builder, declaration, snapshot, NETWORK)
    servers, network = asked(declaration), snapshot.get(ATTEMPTS)
    if network.skipped:
        builder.skip(network.skipped)
    elif not servers:
        # Nobody to keep away from anything is itself as declared.
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
    """Say of which servers it is not shown who reaches them, and who does not."""
    pods = callers(declaration)
    for kind, server in servers.items():
        if clients := ", ".join(client.namespace for client in elsewhere(declaration, server)):
            builder.skip(f"{clients}: a client of {kind} in a namespace that the stack does not declare is not tried")
        if all(admitted(server, caller) for caller in pods):
            builder.skip(f"every declared namespace is a client of {kind}, so that nobody is left who must be refused")


def _outcome(
    builder: ResultBuilder, declaration: Declaration, kind: str, caller: Caller, outcome: Outcome, snapshot: Snapshot
) -> None:
    server = asked(declaration)[kind]
    ref = Ref("NetworkPolicy", names.server(kind), server.namespace)
    client = admitted(server, caller)
    if outcome is Outcome.REACHED:
        message = f"{caller} is no declared client, and can connect to port {server.port}"
        builder.holds(client, "network.open", ref, message, expected="refused", actual=outcome.value)
    elif explained(declaration, kind, snapshot):
        builder.skipped(server.namespace)
    elif client and _answer(kind, snapshot) is McpOutcome.UNREACHABLE:
        # Nobody can connect, whatever the policies say: reported once, as mcp.unreachable.
        builder.skipped(server.namespace)
    elif client:
        message = f"{caller} is a declared client, and cannot connect to port {server.port}"
        builder.fault("network.closed", ref, message, expected=Outcome.REACHED.value, actual=outcome.value)
    elif outcome is not Outcome.UNRESOLVED and _up(kind, snapshot):
        builder.passed(namespace=server.namespace)
    else:
        builder.unknown(
            f"connect to {server.namespace}/{ref.name} from {caller}",
            Reason.FAILED,
            "it could not connect, but nobody else could either: that proves no NetworkPolicy",
        )


def _up(kind: str, snapshot: Snapshot) -> bool:
    """Tell whether somebody could connect to the server, so that it is the policies that refuse another."""
    attempts = snapshot.get(ATTEMPTS).attempts.values()
    reached = any(isinstance(attempt, Read) and attempt.value[kind] is Outcome.REACHED for attempt in attempts)
    return reached or _answer(kind, snapshot) in _UP


def _answer(kind: str, snapshot: Snapshot) -> McpOutcome:
    return snapshot.get(ANSWERS)[kind].outcome


CHECK = Check(
    "network",
    "NetworkPolicies, and at work",
    frozenset({"Namespace", "NetworkPolicy", "Deployment", "Service", "Pod"}),
    (ATTEMPTS, ANSWERS),
    check,
)
