"""Do the declared MCP servers answer over the protocol, with the tools that prove their capabilities?"""

from checks.drift.root_cause import explained
from checks.kube.client import Unread, forbidden
from checks.mcp.answer import Answer, Outcome
from checks.results.builder import Tally
from checks.results.result import Permission, Reason, Ref, Row
from checks.verification.snapshot import Snapshot
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.replicas import replicas
from stacks.model.server import Server

_CODES = {
    Outcome.UNREACHABLE: "mcp.unreachable",
    Outcome.TIMEOUT: "mcp.timeout",
    Outcome.NO_MCP: "mcp.protocol",
}


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Judge each declared server's answer to tools/list and to its smoke call."""
    tally = Tally("mcp", "MCP endpoints")
    if not declaration.servers:
        # Nothing to ask is itself as declared.
        tally.passed()
    for kind, server in declaration.servers.items():
        if server.replicas == 0:
            # Declared to be off: nobody has to answer.
            tally.passed(namespace=server.namespace)
            continue
        answer = snapshot.mcp[kind]
        if isinstance(answer, Unread):
            tally.use(answer)
            continue
        tally.took(answer.seconds)
        tally.fact(kind, "outcome", answer.outcome.value)
        if _silent(answer) and explained(declaration, kind, snapshot):
            tally.skipped(server.namespace)
            continue
        if _keeps_sessions(tally, kind, server, answer) and answer.outcome is Outcome.NO_MCP:
            # Another pod than the session's was asked: said already.
            continue
        _answer(tally, kind, server, answer)
    return tally.row()


def _silent(answer: Answer) -> bool:
    """Tell whether nobody answered. That something else answers is worth a word, though its Deployment differs too."""
    return answer.outcome not in (Outcome.ANSWERED, Outcome.NO_MCP) or answer.lost


def _keeps_sessions(tally: Tally, kind: str, server: Server, answer: Answer) -> bool:
    """Judge, whatever pod chance chose this time, whether clients lose their sessions; tell whether they do."""
    wanted = replicas(server)
    return not tally.holds(
        wanted.most == 1 or not answer.sessions,
        "mcp.session",
        Ref("Service", names.server(kind), server.namespace),
        f"the server keeps each session in one pod, and {wanted} pods share the Service",
        expected="no sessions, or 1 replica",
        actual=f"sessions in {wanted} replicas",
    )


def _answer(tally: Tally, kind: str, server: Server, answer: Answer) -> None:
    ref = Ref("Service", names.server(kind), server.namespace)
    what = f"tools/list of {server.namespace}/{names.server(kind)}"
    match answer.outcome:
        case Outcome.ANSWERED:
            tally.passed(namespace=server.namespace)
            _tools(tally, kind, server, answer, ref)
        case Outcome.FORBIDDEN:
            permission = Permission("create", "services/proxy", server.namespace)
            tally.unknown(what, Reason.FORBIDDEN, forbidden(permission), permission)
        case Outcome.GATED:
            # It is up; whether it can do what is declared, nobody has shown.
            tally.passed(namespace=server.namespace)
            tally.fact(kind, "state", "up, gated")
            tally.unknown(what, Reason.GATED, answer.detail)
        case outcome:
            message = f"{server.path} on port {server.port}: {answer.detail}"
            tally.fault(_CODES[outcome], ref, message, expected="an answer to tools/list", actual=outcome.value)


def _tools(tally: Tally, kind: str, server: Server, answer: Answer, ref: Ref) -> None:
    tally.fact(kind, "protocol", answer.protocol)
    tally.fact(kind, "latency_ms", round(answer.latency_ms, 1))
    tally.fact(kind, "tools", len(answer.tools))
    for capability, tools in server.capabilities.items():
        for tool in tools:
            message = f"capability {capability!r}: the server offers no tool {tool!r}"
            tally.holds(tool in answer.tools, "mcp.tool", ref, message, expected=tool, actual=_listed(answer.tools))
    if server.smoke is not None:
        missing = server.smoke.tool not in answer.tools
        error = "the server offers no such tool" if missing else answer.smoke_error
        message = f"the smoke call of {server.smoke.tool!r} failed: {error}"
        tally.holds(error is None, "mcp.smoke", ref, message, expected="an answer without error", actual=error)


def _listed(tools: frozenset[str]) -> str:
    return ", ".join(sorted(tools)) or "no tools"
