"""What answers at an address outside the cluster gives exactly its finding, or none."""

from typing import Any

import pytest

from checks.exposure.addresses import Place
from checks.exposure.check import CHECK
from checks.exposure.collect import Exposed, Tried
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.mcp.answer import Answer, Outcome
from checks.results.result import Ref, Result, Severity, Status
from tests.checks.drifts import codes_of
from tests.checks.world import SETTINGS, World, declared

INGRESS = Ref("Ingress", "time-mcp-server", "cortex-mcp")
URL = "https://time.test/mcp (192.0.2.1:443)"
GOOD = Answer(Outcome.ANSWERED, definitions={"get_current_time": {}})
REFUSED = Answer(Outcome.GATED, "the server runs, but requires credentials (HTTP 401)", challenge=True)
ANSWERS: list[tuple[str, Answer, Severity]] = [
    ("exposure.wrong", Answer(Outcome.NO_MCP, "the endpoint answered HTTP 404"), Severity.ERROR),
    ("exposure.certificate", Answer(Outcome.UNREACHABLE, "its certificate is", distrusted=True), Severity.ERROR),
    ("exposure.unreached", Answer(Outcome.UNREACHABLE, "connection refused"), Severity.WARNING),
    ("exposure.unreached", Answer(Outcome.TIMEOUT, "no complete answer within 10 s"), Severity.WARNING),
    ("exposure.unreached", REFUSED, Severity.WARNING),
]


def world(authorization: dict[str, Any] | None = None, *tried: Tried, **place: Any) -> World:
    exposure = {"host": "time.test", "proxy": {"namespace": "ingress"}}
    time = {**SETTINGS["servers"]["time"], "replicas": 1, "exposure": exposure, "authorization": authorization}
    found = World(declared(servers={"time": time}))
    at = {"tls": True, "host": "time.test", "addresses": ("192.0.2.1:443",), "source": "Gateway a/b", **place}
    found.outside = {"time": (Read(Exposed(Place(INGRESS, **at), tried), 0.1),)}
    return found


def result(of: World) -> Result:
    return CHECK.run(of.declaration, of.snapshot())


def judged(*tried: Tried, authorization: dict[str, Any] | None = None, **place: Any) -> Result:
    return result(world(authorization, *tried, **place))


def test_answer_of_the_server_passes_and_is_told() -> None:
    found = judged(Tried(URL, GOOD))
    assert (found.status, found.passed) == (Status.PASS, 1)
    assert [(fact.subject, fact.name, fact.value) for fact in found.facts] == [("time", "outside", f"{URL}: answered")]


@pytest.mark.parametrize(("code", "answer", "severity"), ANSWERS, ids=[f"{n}-{a[0]}" for n, a in enumerate(ANSWERS)])
def test_each_answer_gives_exactly_its_finding(code: str, answer: Answer, severity: Severity) -> None:
    (finding,) = world(None, Tried(URL, answer)).findings()
    assert (finding.code, finding.object, finding.severity) == (code, INGRESS, severity)
    assert finding.message == f"{URL}: {answer.detail}"


def test_object_without_an_address_is_a_warning() -> None:
    (finding,) = world(addresses=()).findings()
    assert (finding.code, finding.object, finding.severity) == ("exposure.no-address", INGRESS, Severity.WARNING)
    assert finding.message.startswith("Gateway a/b has no address")


def test_nodes_without_an_address_are_told() -> None:
    found = judged(addresses=(), source="")
    assert (found.status, found.findings) == (Status.SKIPPED, ())


def test_path_that_is_not_known_is_told() -> None:
    assert judged().status is Status.SKIPPED


REFUSES = {"anonymous": "refused"}


def test_refusal_without_credentials_passes_where_it_is_declared() -> None:
    assert judged(Tried(URL, REFUSED), authorization=REFUSES).status is Status.PASS
    assert judged(Tried(URL, REFUSED, GOOD), authorization=REFUSES).status is Status.PASS


def test_anonymous_answer_is_found() -> None:
    subject = world(REFUSES, Tried(URL, GOOD))
    subject.mcp["time"] = REFUSED
    (finding,) = result(subject).findings
    assert (finding.code, finding.message) == ("exposure.anonymous", f"{URL} answers requests without credentials")


def test_refused_token_is_found() -> None:
    (finding,) = judged(Tried(URL, REFUSED, REFUSED), authorization=REFUSES).findings
    assert finding.code == "exposure.wrong"


def test_server_without_a_ready_pod_is_told_elsewhere() -> None:
    subject = world(None, Tried(URL, Answer(Outcome.NO_MCP, "HTTP 503")))
    for pod in subject.every("pods"):
        pod["status"]["conditions"] = []
    found = result(subject)
    assert (found.findings, found.skipped) == ((), 1)


def test_missing_object_is_told_elsewhere() -> None:
    found = judged(missing=True, addresses=())
    assert (found.findings, found.skipped) == ((), 1)


def test_inside_the_cluster_nothing_is_tried_and_that_is_told() -> None:
    subject = world()
    subject.outside = None
    found = result(subject)
    assert (found.status, [fact.value for fact in found.facts]) == (
        Status.SKIPPED,
        ["addresses outside the cluster are tried from outside only"],
    )


def test_what_cannot_be_read_is_unknown() -> None:
    permission = Permission("get", "gateways", "gateways")
    failure: Reading[Exposed] = ReadFailure("get Gateway", Reason.FORBIDDEN, "denied", permission)
    subject = world()
    subject.outside = {"time": (failure,)}
    assert [unknown.permission for unknown in result(subject).unknowns] == [permission]


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in ANSWERS} == codes_of("exposure") - {"exposure.no-address", "exposure.anonymous"}


def test_stack_that_exposes_nothing_passes() -> None:
    plain = World(declared())
    assert (result(plain).status, result(plain).facts) == (Status.PASS, ())
    stopped = declared(
        servers={"time": {**SETTINGS["servers"]["time"], "replicas": 0, "service": {"type": "NodePort"}}}
    )
    assert result(World(stopped)).status is Status.PASS
