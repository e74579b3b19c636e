"""Check that the declared MCP servers answer over MCP, and offer the tools of their capabilities."""

from checks.drift.root_cause import explained
from checks.kube.client import forbidden
from checks.kube.reading import Permission, Reason
from checks.mcp.answer import NOT_OFFERED, Answer, Outcome, ServerAnswers
from checks.mcp.collect import ANSWERS
from checks.mcp.gate import access_to_service, check_gate
from checks.mcp.lock import check_lock
from checks.mcp.replicas import keeps_clients
from checks.mcp.versions import check_versions
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.workloads.workload import KINDS
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.owner import SERVERS, Owner
from stacks.model.replicas import replicas
from stacks.model.server import Server

_CODES = {
    Outcome.UNREACHABLE: "mcp.unreachable",
    Outcome.TIMEOUT: "mcp.timeout",
    Outcome.NO_MCP: "mcp.protocol",
}
_USUAL_PATHS = {
    "sse": "; most servers of transport sse have their stream at path /sse",
    "websocket": "; most WebSocket servers are at path /ws",
}


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check each declared server's answers to tools/list and to its smoke calls."""
    if not declaration.servers:
        # The stack declares no server.
        builder.passed()
    for kind, server in declaration.servers.items():
        if server.replicas == 0:
            # Declared with 0 replicas.
            builder.passed(namespace=server.namespace)
            continue
        answers = snapshot.get(ANSWERS)[kind]
        builder.took(answers.seconds)
        builder.fact(kind, "outcome", answers.service.outcome.value)
        if _silent(answers.service) and explained(declaration, Owner(SERVERS, kind), snapshot):
            builder.skipped(server.namespace)
            continue
        tools = check_gate(builder, kind, server, answers)
        _pods(builder, kind, server, answers)
        if replicas(server).most > 1:
            builder.use(snapshot.pods(server.namespace))
        loses = _loses_sessions(builder, kind, server, answers)
        if answers.service.failed and (answers.broken or (loses and answers.service.outcome is Outcome.NO_MCP)):
            # A broken pod, or one without the session, was asked: reported above.
            continue
        if tools:
            _answer(builder, kind, server, answers)
            _smoke(builder, kind, server, answers, loses=loses)
            check_versions(builder, kind, server, answers)
            if declaration.tool_lock is not None:
                check_lock(builder, kind, server, answers, declaration.tool_lock.get(kind))


def _silent(answer: Answer) -> bool:
    """Return whether there was no answer. An answer of another program is reported even if the Deployment differs."""
    return answer.outcome not in (Outcome.ANSWERED, Outcome.NO_MCP) or answer.lost


def _pods(builder: ResultBuilder, kind: str, server: Server, answers: ServerAnswers) -> None:
    """Check the answer of each pod. If all of them fail, that is reported once, for the Service."""
    for pod, answer in answers.pods.items():
        if pod in answers.broken:
            ref = Ref("Pod", pod, server.namespace)
            message = f"other pods of the server answer, but this one does not: {_place(server, answer)}"
            _fault(builder, ref, message, answer.outcome)
        elif answer.outcome is Outcome.FORBIDDEN:
            permission = _access_to_pods(server)
            what = f"ask each pod of {server.namespace}/{names.server(kind)} for its tools"
            builder.unknown(what, Reason.FORBIDDEN, forbidden(permission), permission)
        elif not answer.failed:
            builder.passed(namespace=server.namespace)


def _access_to_pods(server: Server) -> Permission:
    if server.authorization and server.authorization.stored:
        return Permission("get", "pods/portforward", server.namespace)
    return Permission("get" if server.spoken == "websocket" else "create", "pods/proxy", server.namespace)


def _loses_sessions(builder: ResultBuilder, kind: str, server: Server, answers: ServerAnswers) -> bool:
    """Check that clients keep their sessions, whichever pod answered now; return whether they can lose them."""
    wanted = replicas(server)
    return not builder.holds(
        wanted.most == 1 or not answers.sessions or keeps_clients(server),
        "mcp.session",
        Ref("Service", names.server(kind), server.namespace),
        f"the server keeps each session in one pod, and {wanted} pods share the Service",
        expected="no sessions, 1 replica, or sessionAffinity ClientIP",
        actual=f"sessions in {wanted} replicas",
    )


def _answer(builder: ResultBuilder, kind: str, server: Server, answers: ServerAnswers) -> None:
    answer = answers.service
    ref = Ref("Service", names.server(kind), server.namespace)
    what = f"ask {server.namespace}/{names.server(kind)} for its tools"
    match answer.outcome:
        case Outcome.ANSWERED:
            builder.passed(namespace=server.namespace)
            _tools(builder, kind, server, answers, ref)
        case Outcome.FORBIDDEN if any(answer is each for each in answers.pods.values()):
            # Only pods were asked: reported for them.
            return
        case Outcome.FORBIDDEN:
            permission = access_to_service(server)
            builder.unknown(what, Reason.FORBIDDEN, forbidden(permission), permission)
        case Outcome.GATED:
            # It runs, but its tools are not known.
            builder.passed(namespace=server.namespace)
            builder.fact(kind, "state", "up, gated")
            way_out = f"declare cortex:servers.{kind}.authorization: a token, an OAuth client, or anonymous: refused"
            builder.unknown(what, Reason.GATED, f"{answer.detail}: {way_out}")
        case outcome:
            _fault(builder, ref, _place(server, answer), outcome)


def _place(server: Server, answer: Answer) -> str:
    advice = ""
    if server.path == "/mcp" and answer.outcome is Outcome.NO_MCP:
        advice = _USUAL_PATHS.get(server.transport, "")
    if answer.distrusted:
        advice = ": trust its authority in the verifier's image, or declare tls: {verify: false}"
    return f"{server.path} on port {server.port}: {answer.detail}{advice}"


def _fault(builder: ResultBuilder, ref: Ref, message: str, outcome: Outcome) -> None:
    builder.fault(_CODES[outcome], ref, message, expected="an answer to tools/list", actual=outcome.value)


def _tools(builder: ResultBuilder, kind: str, server: Server, answers: ServerAnswers, ref: Ref) -> None:
    answer = answers.service
    builder.fact(kind, "protocol", answer.protocol)
    builder.fact(kind, "latency_ms", round(answer.latency_ms, 1))
    builder.fact(kind, "tools", len(answer.tools))
    for capability, tools in server.capabilities.items():
        for tool in tools:
            lacking = answers.lacking(tool)
            who = f"pod {lacking[0]}" if lacking and tool in answer.tools else "the server"
            offered = answers.pods[lacking[0]].tools if lacking else answer.tools
            message = f"{who} does not offer the tool {tool!r} of the capability {capability!r}"
            held = tool in answer.tools and not lacking
            builder.holds(held, "mcp.tool", ref, message, expected=tool, actual=_listed(offered))


def _smoke(builder: ResultBuilder, kind: str, server: Server, answers: ServerAnswers, *, loses: bool) -> None:
    """Check the smoke calls: in the pods that fail, or through the Service if all do, or no pod was asked.

    A session that was lost is reported as mcp.session.
    """
    service = {Ref("Service", names.server(kind), server.namespace): answers.service}
    pods = {Ref("Pod", pod, server.namespace): answer for pod, answer in answers.pods.items()}
    answered = {ref: answer for ref, answer in pods.items() if answer.outcome is Outcome.ANSWERED}
    failing = {ref: answer for ref, answer in answered.items() if any(answer.smoke_errors)}
    for ref, answer in (failing if 0 < len(failing) < len(answered) else service).items():
        if answer.outcome is Outcome.ANSWERED:
            for smoke, error in zip(server.smoke_calls, answer.smoke_errors, strict=True):
                if error and loses and error != NOT_OFFERED:
                    builder.skipped(server.namespace)
                else:
                    message = f"the smoke call of {smoke.tool!r} failed: {error}"
                    expected = "an answer without error"
                    builder.holds(error is None, "mcp.smoke", ref, message, expected=expected, actual=error)


def _listed(tools: frozenset[str]) -> str:
    return ", ".join(sorted(tools)) or "no tools"


CHECK = Check("mcp", "MCP endpoints", frozenset({"Namespace", *KINDS, "Service", "Pod"}), (ANSWERS,), check)
