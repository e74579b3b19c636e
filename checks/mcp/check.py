"""Check that the declared MCP servers answer over MCP, and offer the tools of their capabilities."""

from checks.drift.root_cause import explained
from checks.kube.client import forbidden
from checks.kube.reading import Permission, Reason
from checks.mcp.answer import Answer, Outcome
from checks.mcp.collect import ANSWERS
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.replicas import replicas
from stacks.model.server import Server

_CODES = {
    Outcome.UNREACHABLE: "mcp.unreachable",
    Outcome.TIMEOUT: "mcp.timeout",
    Outcome.NO_MCP: "mcp.protocol",
}


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check each declared server's answers to tools/list and to its smoke call."""
    if not declaration.servers:
        # The stack declares no server.
        builder.passed()
    for kind, server in declaration.servers.items():
        if server.replicas == 0:
            # Declared with 0 replicas.
            builder.passed(namespace=server.namespace)
            continue
        answer = snapshot.get(ANSWERS)[kind]
        builder.took(answer.seconds)
        builder.fact(kind, "outcome", answer.outcome.value)
        if _silent(answer) and explained(declaration, kind, snapshot):
            builder.skipped(server.namespace)
            continue
        if _loses_sessions(builder, kind, server, answer) and answer.outcome is Outcome.NO_MCP:
            # A pod without the session was asked: reported as mcp.session.
            continue
        _answer(builder, kind, server, answer)


def _silent(answer: Answer) -> bool:
    """Return whether there was no answer. An answer of another program is reported even if the Deployment differs."""
    return answer.outcome not in (Outcome.ANSWERED, Outcome.NO_MCP) or answer.lost


def _loses_sessions(builder: ResultBuilder, kind: str, server: Server, answer: Answer) -> bool:
    """Check that clients keep their sessions, whichever pod answered now; return whether they can lose them."""
    wanted = replicas(server)
    return not builder.holds(
        wanted.most == 1 or not answer.sessions,
        "mcp.session",
        Ref("Service", names.server(kind), server.namespace),
        f"the server keeps each session in one pod, and {wanted} pods share the Service",
        expected="no sessions, or 1 replica",
        actual=f"sessions in {wanted} replicas",
    )


def _answer(builder: ResultBuilder, kind: str, server: Server, answer: Answer) -> None:
    ref = Ref("Service", names.server(kind), server.namespace)
    what = f"tools/list of {server.namespace}/{names.server(kind)}"
    match answer.outcome:
        case Outcome.ANSWERED:
            builder.passed(namespace=server.namespace)
            _tools(builder, kind, server, answer, ref)
        case Outcome.FORBIDDEN:
            permission = Permission("create", "services/proxy", server.namespace)
            builder.unknown(what, Reason.FORBIDDEN, forbidden(permission), permission)
        case Outcome.GATED:
            # It runs, but its tools are not known.
            builder.passed(namespace=server.namespace)
            builder.fact(kind, "state", "up, gated")
            builder.unknown(what, Reason.GATED, answer.detail)
        case outcome:
            message = f"{server.path} on port {server.port}: {answer.detail}"
            builder.fault(_CODES[outcome], ref, message, expected="an answer to tools/list", actual=outcome.value)


def _tools(builder: ResultBuilder, kind: str, server: Server, answer: Answer, ref: Ref) -> None:
    builder.fact(kind, "protocol", answer.protocol)
    builder.fact(kind, "latency_ms", round(answer.latency_ms, 1))
    builder.fact(kind, "tools", len(answer.tools))
    for capability, tools in server.capabilities.items():
        for tool in tools:
            message = f"the server does not offer the tool {tool!r} of the capability {capability!r}"
            builder.holds(tool in answer.tools, "mcp.tool", ref, message, expected=tool, actual=_listed(answer.tools))
    if server.smoke is not None:
        missing = server.smoke.tool not in answer.tools
        error = "the server does not offer this tool" if missing else answer.smoke_error
        message = f"the smoke call of {server.smoke.tool!r} failed: {error}"
        builder.holds(error is None, "mcp.smoke", ref, message, expected="an answer without error", actual=error)


def _listed(tools: frozenset[str]) -> str:
    return ", ".join(sorted(tools)) or "no tools"


CHECK = Check("mcp", "MCP endpoints", frozenset({"Namespace", "Deployment", "Service", "Pod"}), (ANSWERS,), check)
