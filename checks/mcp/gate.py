"""Check that a server refuses requests without credentials, and accepts the declared ones."""

from checks.kube.client import forbidden
from checks.kube.reading import Permission, Reason
from checks.mcp.answer import Answer, Outcome, ServerAnswers
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from stacks.model import names
from stacks.model.server import Server


def check_gate(builder: ResultBuilder, kind: str, server: Server, answers: ServerAnswers) -> bool:
    """Check a server with `authorization`; return whether its tools are still to be checked."""
    if answers.anonymous is None:
        return True
    _anonymous(builder, kind, server, answers.anonymous, answers)
    if answers.unread is not None:
        builder.use(answers.unread)
        return answers.anonymous.failed
    if answers.client_refused:
        ref = Ref("Service", names.server(kind), server.namespace)
        message = f"the authorization server refuses the declared client: {answers.client_refused}"
        builder.fault("mcp.credentials", ref, message, expected="an access token", actual=answers.client_refused)
        return answers.anonymous.failed
    if answers.service is answers.anonymous:
        if answers.anonymous.outcome is Outcome.GATED:
            builder.fact(kind, "state", "up, gated")
            builder.skip(f"the tools of {kind} are not listed: its authorization is declared without a token")
        return answers.anonymous.failed
    return _accepted(builder, kind, server, answers)


def _anonymous(builder: ResultBuilder, kind: str, server: Server, anonymous: Answer, answers: ServerAnswers) -> None:
    ref = Ref("Service", names.server(kind), server.namespace)
    what = f"ask {server.namespace}/{ref.name} for its tools without credentials"
    pods = answers.pods.values() if answers.service is anonymous else ()
    if any(answer.outcome is Outcome.ANSWERED for answer in (anonymous, *pods)):
        message = "the server answers requests without credentials"
        builder.fault("mcp.anonymous", ref, message, expected="HTTP 401", actual="an answer to tools/list")
    elif anonymous.outcome is Outcome.GATED and anonymous.challenge:
        builder.passed(namespace=server.namespace)
    elif anonymous.outcome is Outcome.FORBIDDEN:
        permission = access_to_service(server)
        builder.unknown(what, Reason.FORBIDDEN, forbidden(permission), permission)
    elif anonymous.outcome is Outcome.GATED or not answers.service.failed:
        message = f"{anonymous.detail}, which does not say that credentials are missing, as HTTP 401 does"
        builder.unknown(what, Reason.GATED, message)


def access_to_service(server: Server) -> Permission:
    """Return the permission to ask a server through the API server. A WebSocket begins as a GET."""
    return Permission("get" if server.spoken == "websocket" else "create", "services/proxy", server.namespace)


def _accepted(builder: ResultBuilder, kind: str, server: Server, answers: ServerAnswers) -> bool:
    """Check that the server accepts its token."""
    refused = {
        Ref("Pod", pod, server.namespace): answer
        for pod, answer in answers.pods.items()
        if answer.outcome is Outcome.GATED
    }
    if answers.service.outcome is Outcome.GATED or len(refused) == len(answers.pods) > 0:
        refused = {Ref("Service", names.server(kind), server.namespace): answers.service}
    client = server.authorization and server.authorization.client_credentials
    token = "access token of the declared client" if client else "declared token"
    named = f"; it names the authorization server {' and '.join(answers.authorities)}" if answers.authorities else ""
    for ref, answer in refused.items():
        message = f"the server refuses the {token}: {answer.detail}{named}"
        builder.fault("mcp.credentials", ref, message, expected="an answer to tools/list", actual=answer.outcome.value)
    return answers.service.outcome is not Outcome.GATED
