"""Do the declared MCP servers answer over the protocol, with the tools that prove their capabilities?"""

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
    """Judge each declared server's answer to tools/list and to its smoke call."""
    if not declaration.servers:
        # Nothing to ask is itself as declared.
        builder.passed()
    for kind, server in declaration.servers.items():
        if server.replicas == 0:
            # Declared to be off: nobody has to answer.
            builder.passed(namespace=server.namespace)
            continue
        answer = snapshot.get(ANSWERS)[kind]
        builder.took(answer.seconds)
        builder.fact(kind, "outcome", answer.outcome.value)
        if _silent(answer) and explained(declaration, kind, snapshot):
            builder.skipped(server.namespace)
            continue
        if _keeps_sessions(builder, kind, server, answer) and answer.outcome is Outcome.NO_MCP:
            # Another pod than the session's was asked: said already.
            continue
        _answer(builder, kind, server, answer)


def _silent(answer: Answer) -> bool:
    """Tell whether nobody answered. That something else answers is worth a word, though its Deployment differs too."""
    return answer.outcome not in (Outcome.ANSWERED, Outcome.NO_MCP) or answer.lost


def _keeps_sessions(builder: ResultBuilder, kind: str, server: Server, answer: Answer) -> bool:
    """Judge, whatever pod chance chose this time, whether clients lose their sessions; tell whether they do."""
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
            # It is up; whether it can do what is declared, nobody has shown.
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
            message = f"capability {capability!r}: the server offers no tool {tool!r}"
            builder.holds(tool in answer.tools, "mcp.tool", ref, message, expected=tool, actual=_listed(answer.tools))
    if server.smoke is not None:
        missing = server.smoke.tool not in answer.tools
        error = "the server offers no such tool" if missing else answer.smoke_error
        message = f"the smoke call of {server.smoke.tool!r} failed: {error}"
        builder.holds(error is None, "mcp.smoke", ref, message, expected="an answer without error", actual=error)


def _listed(tools: frozenset[str]) -> str:
    return ", ".join(sorted(tools)) or "no tools"


CHECK = Check("mcp", "MCP endpoints", frozenset({"Namespace", "Deployment", "Service", "Pod"}), (ANSWERS,), check)
