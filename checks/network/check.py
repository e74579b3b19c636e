"""Check that NetworkPolicies are as declared, and with probe pods that only declared clients can connect."""

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
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.requirements import egress
from stacks.model.workload import Workload

_ACCEPTED = frozenset({McpOutcome.ANSWERED, McpOutcome.NO_MCP, McpOutcome.GATED})
"""Outcomes that prove that the MCP server accepts connections."""


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Compare the policies field by field, then check which callers could connect to which servers and workloads."""
    compare(builder, declaration, snapshot, NETWORK)
    targets, network = asked(declaration), snapshot.get(ATTEMPTS)
    if network.skipped:
        builder.skip(network.skipped)
    elif not targets:
        # The stack declares nothing that runs and can be reached.
        builder.passed()
    for caller, attempt in network.attempts.items():
        if not snapshot.has_namespace(caller.namespace):
            # Reported once, as namespace.missing.
            builder.skipped(caller.namespace)
        elif (reading := builder.use(attempt)) is not None:
            for owner, outcome in reading.value.items():
                _outcome(builder, declaration, owner, caller, outcome, snapshot)
    if not network.skipped:
        _not_tried(builder, declaration, targets)


def _not_tried(builder: ResultBuilder, declaration: Declaration, targets: Mapping[Owner, Workload]) -> None:
    """Note what was not tried: DNS names, some declared clients, and undeclared clients where there can be none."""
    if named := [path for path, to in egress(declaration).items() if any(one.dns_names for one in to)]:
        builder.skip(f"connections to DNS names are not tried, only their policies are compared: {', '.join(named)}")
    pods = callers(declaration)
    for owner, target in targets.items():
        what = f"{owner.title} {owner.key}"
        if clients := ", ".join(client.namespace for client in elsewhere(declaration, target)):
            builder.skip(f"clients of {what} in namespaces that the stack does not own are not tried: {clients}")
        if all(admitted(target, caller) for caller in pods):
            builder.skip(f"every declared namespace is a client of {what}: no undeclared client can be tried")


def _outcome(
    builder: ResultBuilder, declaration: Declaration, owner: Owner, caller: Caller, outcome: Outcome, snapshot: Snapshot
) -> None:
    target = asked(declaration)[owner]
    ref = Ref("NetworkPolicy", owner.name, target.namespace)
    client = admitted(target, caller)
    if outcome is Outcome.REACHED:
        message = f"{caller} is not a declared client, but can connect to port {target.service_port}"
        builder.holds(client, "network.open", ref, message, expected="refused", actual=outcome.value)
    elif explained(declaration, owner, snapshot):
        builder.skipped(target.namespace)
    elif client and _answer(owner, snapshot) is McpOutcome.UNREACHABLE:
        # The server accepts no connections at all: reported once, as mcp.unreachable.
        builder.skipped(target.namespace)
    elif client:
        message = f"{caller} is a declared client, but cannot connect to port {target.service_port}"
        builder.fault("network.closed", ref, message, expected=Outcome.REACHED.value, actual=outcome.value)
    elif outcome is not Outcome.UNRESOLVED and _accepts_connections(owner, snapshot):
        builder.passed(namespace=target.namespace)
    else:
        builder.unknown(
            f"connect to {target.namespace}/{ref.name} from {caller}",
            Reason.FAILED,
            "no client could connect either, so a NetworkPolicy is not proved to deny the connection",
        )


def _accepts_connections(owner: Owner, snapshot: Snapshot) -> bool:
    """Return whether some client could connect to the target, so that a refusal proves a NetworkPolicy."""
    attempts = snapshot.get(ATTEMPTS).attempts.values()
    reached = any(isinstance(attempt, Read) and attempt.value[owner] is Outcome.REACHED for attempt in attempts)
    return reached or _answer(owner, snapshot) in _ACCEPTED


def _answer(owner: Owner, snapshot: Snapshot) -> McpOutcome | None:
    """Return the outcome of asking an MCP server; None for a workload, which is not asked."""
    return snapshot.get(ANSWERS)[owner.key].service.outcome if owner.is_server else None


CHECK = Check(
    NETWORK,
    "NetworkPolicies, and at work",
    frozenset({"Namespace", "NetworkPolicy", "CiliumNetworkPolicy", *KINDS, "Service", "Pod"}),
    (ATTEMPTS, ANSWERS),
    check,
)
