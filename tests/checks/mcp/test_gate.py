"""Servers that refuse requests without credentials: declared without a token, and with one."""

from dataclasses import replace
from typing import Any

import pytest

from checks.kube.reading import Permission, ReadFailure, Reason
from checks.mcp.answer import Answer, Outcome
from checks.mcp.check import CHECK as MCP
from checks.results.result import Result, Status
from tests.checks.world import SETTINGS, World, declared

TOOLS = frozenset({"get_current_time", "convert_time"})
GOOD = Answer(Outcome.ANSWERED, definitions={key: {} for key in TOOLS}, protocol="2026-07-28")
REFUSED = Answer(Outcome.GATED, "the server runs, but requires credentials (HTTP 401)", challenge=True)
TOKEN = {"namespace": "cortex-mcp", "keys": {"token": {"pulumi": "mcp-token"}}}
WITHOUT: dict[str, Any] = {"anonymous": "refused"}
WITH: dict[str, Any] = {"bearer": {"secret": "time-token", "key": "token"}}
OAUTH: dict[str, Any] = {
    "clientCredentials": {
        "issuer": "https://login.test",
        "clientId": "cortex",
        "clientSecret": {"secret": "time-token", "key": "token"},
    }
}


def world(authorization: dict[str, Any] | None) -> World:
    time = {**SETTINGS["servers"]["time"], "authorization": authorization}
    return World(declared(servers={"time": time}, secrets={"time-token": TOKEN}))


def judged(subject: World) -> Result:
    return MCP.run(subject.declaration, subject.snapshot())


def test_server_that_refuses_anonymous_requests_is_as_declared() -> None:
    result = judged(world(WITHOUT))
    assert (result.status, result.findings, result.unknowns) == (Status.SKIPPED, (), ())
    facts = {fact.name: fact.value for fact in result.facts}
    assert (facts["state"], facts["outcome"]) == ("up, gated", "gated")
    assert facts["skipped"] == "the tools of time are not listed: its authorization is declared without a token"


@pytest.mark.parametrize("authorization", [WITH, OAUTH])
def test_server_that_accepts_the_token_and_nothing_else_passes(authorization: dict[str, Any]) -> None:
    result = judged(world(authorization))
    assert (result.status, result.unknowns) == (Status.PASS, ())
    assert {fact.name: fact.value for fact in result.facts}["tools"] == len(TOOLS)


@pytest.mark.parametrize("authorization", [WITHOUT, WITH, OAUTH])
def test_anonymous_answer_is_found(authorization: dict[str, Any]) -> None:
    subject = world(authorization)
    subject.anonymous = GOOD
    (finding,) = judged(subject).findings
    assert (finding.code, finding.message) == ("mcp.anonymous", "the server answers requests without credentials")


def test_anonymous_answer_of_one_pod_is_found() -> None:
    subject = world(WITHOUT)
    subject.mcp_pods["time"] = {"time-1": REFUSED, "time-2": GOOD}
    assert [finding.code for finding in judged(subject).findings] == ["mcp.anonymous"]


def test_refused_token_is_found() -> None:
    subject = world(WITH)
    subject.mcp["time"] = replace(REFUSED, detail="HTTP 401")
    (finding,) = judged(subject).findings
    assert (finding.code, str(finding.object)) == ("mcp.credentials", "Service cortex-mcp/time-mcp-server")
    assert finding.message == "the server refuses the declared token: HTTP 401"
    subject.mcp["time"], subject.mcp_pods["time"] = GOOD, {"time-1": REFUSED, "time-2": GOOD}
    assert [(f.code, str(f.object)) for f in judged(subject).findings] == [("mcp.credentials", "Pod cortex-mcp/time-1")]


def test_refused_client_is_found() -> None:
    subject = world(OAUTH)
    subject.mcp["time"], subject.client_refused = subject.anonymous, "invalid_client"
    result = judged(subject)
    (finding,) = result.findings
    assert (finding.code, str(finding.object)) == ("mcp.credentials", "Service cortex-mcp/time-mcp-server")
    assert finding.message == "the authorization server refuses the declared client: invalid_client"
    assert result.unknowns == ()


def test_refused_access_token_is_found_with_what_the_server_trusts() -> None:
    subject = world(OAUTH)
    subject.mcp["time"], subject.authorities = replace(REFUSED, detail="HTTP 401"), ("https://a.test", "https://b.test")
    (finding,) = judged(subject).findings
    assert finding.message == (
        "the server refuses the access token of the declared client: HTTP 401; "
        "it names the authorization server https://a.test and https://b.test"
    )


@pytest.mark.parametrize("authorization", [WITHOUT, WITH])
def test_other_refusal_proves_nothing(authorization: dict[str, Any]) -> None:
    subject = world(authorization)
    subject.anonymous = Answer(Outcome.GATED, "HTTP 403", challenge=False)
    result = judged(subject)
    (unknown,) = result.unknowns
    assert (result.status, unknown.reason) == (Status.UNKNOWN, Reason.GATED)
    assert unknown.message == "HTTP 403, which does not say that credentials are missing, as HTTP 401 does"


@pytest.mark.parametrize("authorization", [WITHOUT, WITH])
def test_server_that_is_down_is_one_finding(authorization: dict[str, Any]) -> None:
    subject = world(authorization)
    subject.mcp["time"] = subject.anonymous = Answer(Outcome.UNREACHABLE, "connection refused")
    result = judged(subject)
    assert ([finding.code for finding in result.findings], result.unknowns) == (["mcp.unreachable"], ())


def test_unreadable_token_is_unknown_with_the_missing_permission() -> None:
    permission = Permission("get", "secrets", "cortex-mcp")
    subject = world(WITH)
    subject.mcp["time"] = subject.anonymous
    subject.unread_token = ReadFailure("read the token", Reason.FORBIDDEN, "denied", permission)
    result = judged(subject)
    assert (result.status, [unknown.permission for unknown in result.unknowns]) == (Status.UNKNOWN, [permission])


def test_ports_that_may_not_be_forwarded_are_unknown() -> None:
    subject = world(WITH)
    denied = Answer(Outcome.FORBIDDEN, "no")
    subject.mcp["time"], subject.mcp_pods["time"] = denied, {"time-1": denied}
    (unknown,) = judged(subject).unknowns
    assert unknown.permission == Permission("get", "pods/portforward", "cortex-mcp")


def test_gated_server_without_declared_authorization_says_what_to_declare() -> None:
    subject = world(None)
    subject.mcp["time"] = REFUSED
    (unknown,) = judged(subject).unknowns
    assert unknown.message == (
        "the server runs, but requires credentials (HTTP 401): declare cortex:servers.time.authorization: "
        "a token, an OAuth client, or anonymous: refused"
    )
