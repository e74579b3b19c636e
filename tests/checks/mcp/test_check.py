"""Each answer of an MCP server gives exactly its finding, or is unknown."""

from dataclasses import replace

import pytest

from checks.kube.reading import Permission, Reason
from checks.mcp.answer import Answer, Outcome
from checks.mcp.check import CHECK as MCP
from checks.network.check import CHECK as NETWORK
from checks.results.result import Status
from checks.snapshot.check import Check
from tests.checks.drifts import codes_of
from tests.checks.world import SETTINGS, World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


ANSWERS: list[tuple[str, Answer]] = [
    ("mcp.unreachable", Answer(Outcome.UNREACHABLE, "connection refused")),
    ("mcp.timeout", Answer(Outcome.TIMEOUT, "no complete answer within 15 s")),
    ("mcp.protocol", Answer(Outcome.NO_MCP, "Unexpected content type: text/html")),
    ("mcp.session", Answer(Outcome.NO_MCP, "the endpoint answered HTTP 404", sessions=True)),
    ("mcp.tool", Answer(Outcome.ANSWERED, definitions={"get_current_time": {}})),
    (
        "mcp.smoke",
        Answer(Outcome.ANSWERED, definitions={"get_current_time": {}, "convert_time": {}}, smoke_errors=("broken",)),
    ),
]


@pytest.mark.parametrize(("code", "answer"), ANSWERS)
def test_mcp_answer_gives_exactly_its_finding(world: World, code: str, answer: Answer) -> None:
    world.mcp["time"] = answer
    assert [(f.code, str(f.object)) for f in world.findings()] == [(code, "Service cortex-mcp/time-mcp-server")]


def test_every_code_is_provoked() -> None:
    # The others are in test_gate.py, test_versions.py and test_lock.py.
    elsewhere = {"mcp.anonymous", "mcp.credentials", "mcp.version", "mcp.tool-changed", "mcp.unlocked"}
    assert {code for code, _ in ANSWERS} == codes_of("mcp") - elsewhere


def test_sessions_are_found_though_chance_chose_the_right_pod(world: World) -> None:
    world.mcp["talos"] = Answer(Outcome.ANSWERED, definitions={"talos_health": {}, "talos_list": {}}, sessions=True)
    assert world.codes() == ["mcp.session"]


@pytest.mark.parametrize("check", [MCP, NETWORK], ids=["mcp", "network"])
def test_stateful_set_is_among_what_is_read(check: Check) -> None:
    stateful = {"time": {**SETTINGS["servers"]["time"], "controller": "StatefulSet"}}
    world = World(declared(servers=stateful))
    world.mcp["time"] = Answer(Outcome.UNREACHABLE, "connection refused")
    taken = world.snapshot()
    read = {kind: listing for kind, listing in taken.listings.items() if kind in check.needs}
    assert check.run(world.declaration, replace(taken, listings=read)).status


GOOD = Answer(Outcome.ANSWERED, definitions={"talos_health": {}, "talos_list": {}})
TIMEOUT = Answer(Outcome.TIMEOUT, "no complete answer within 15 s")


@pytest.mark.parametrize("service", [GOOD, TIMEOUT], ids=["another pod", "that pod"])
def test_pod_that_fails_is_found_whichever_the_service_chose(world: World, service: Answer) -> None:
    world.mcp["talos"] = service
    world.mcp_pods["talos"] = {"talos-1": TIMEOUT, "talos-2": GOOD}
    (finding,) = world.findings()
    assert (finding.code, str(finding.object)) == ("mcp.timeout", "Pod cortex-mcp/talos-1")
    assert "no complete answer within 15 s" in finding.message


def test_failure_of_all_pods_is_one_finding(world: World) -> None:
    world.mcp["talos"] = TIMEOUT
    world.mcp_pods["talos"] = {"talos-1": TIMEOUT, "talos-2": TIMEOUT}
    assert [str(finding.object) for finding in world.findings()] == ["Service cortex-mcp/talos-mcp-server"]


def test_sessions_for_the_older_protocol_are_found_at_a_pod(world: World) -> None:
    world.mcp_pods["talos"] = {"talos-1": replace(GOOD, sessions=True), "talos-2": GOOD}
    assert world.codes() == ["mcp.session"]


def test_smoke_call_that_lost_its_session_is_explained(world: World) -> None:
    tools = frozenset({"get_current_time", "convert_time"})
    world.mcp["time"] = Answer(
        Outcome.ANSWERED, definitions={key: {} for key in tools}, smoke_errors=("HTTP 404",), sessions=True
    )
    assert world.codes() == ["mcp.session"]


def test_sessions_are_kept_where_the_service_keeps_its_clients(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.mcp.check.keeps_clients", lambda _: True)
    world.mcp_pods["talos"] = {"talos-1": replace(GOOD, sessions=True), "talos-2": GOOD}
    assert world.codes() == []


def test_tool_that_one_pod_lacks_is_found(world: World) -> None:
    world.mcp_pods["talos"] = {"talos-1": GOOD, "talos-2": replace(GOOD, definitions={"talos_list": {}})}
    (finding,) = world.findings()
    assert finding.code == "mcp.tool"
    assert finding.message.startswith("pod talos-2 does not offer the tool 'talos_health'")


def test_pods_that_may_not_be_asked_are_unknown(world: World) -> None:
    world.mcp_pods["talos"] = dict.fromkeys(("talos-1", "talos-2"), Answer(Outcome.FORBIDDEN, "no"))
    (unknown,) = MCP.run(world.declaration, world.snapshot()).unknowns
    assert unknown.permission == Permission("create", "pods/proxy", "cortex-mcp")


def test_gated_and_forbidden_endpoints_are_unknown(world: World) -> None:
    world.mcp = {"time": Answer(Outcome.GATED, "HTTP 401"), "talos": Answer(Outcome.FORBIDDEN, "no")}
    result = MCP.run(world.declaration, world.snapshot())
    assert result.status is Status.UNKNOWN
    assert [unknown.reason for unknown in result.unknowns] == [Reason.GATED, Reason.FORBIDDEN]
    # That the gated one is up is known, as is that neither keeps sessions; that it is as declared is not.
    assert result.passed == 3
    assert [(fact.subject, fact.value) for fact in result.facts] == [
        ("time", "gated"),
        ("time", "up, gated"),
        ("talos", "forbidden"),
    ]
    permission = result.unknowns[1].permission
    assert permission is not None
    assert (permission.verb, permission.resource, permission.namespace) == ("create", "services/proxy", "cortex-mcp")


def test_each_of_several_smoke_calls_is_checked() -> None:
    calls = [{"tool": "get_current_time"}, {"tool": "convert_time", "arguments": {"time": "12:00"}}]
    world = World(declared(servers={"time": {**SETTINGS["servers"]["time"], "smoke": calls}}))
    assert world.codes() == []
    world.mcp["time"] = replace(world.mcp["time"], smoke_errors=(None, "no zone"))
    (found,) = world.findings()
    assert (found.code, found.message) == ("mcp.smoke", "the smoke call of 'convert_time' failed: no zone")


@pytest.mark.parametrize(
    ("errors", "places"),
    [
        (("broken", None), ["Pod cortex-mcp/talos-1"]),
        (("broken", "broken"), ["Service cortex-mcp/talos-mcp-server"]),
        ((None, None), []),
    ],
)
def test_the_pod_whose_smoke_call_fails_is_named(errors: tuple[str | None, ...], places: list[str]) -> None:
    world = World(declared(servers={"talos": {**SETTINGS["servers"]["talos"], "smoke": {"tool": "talos_list"}}}))
    answers = [replace(world.mcp["talos"], smoke_errors=(error,)) for error in errors]
    world.mcp_pods["talos"] = {f"talos-{number}": answer for number, answer in enumerate(answers, 1)}
    # Through the Service, chance decides which pod is called.
    world.mcp["talos"] = answers[0]
    assert [str(finding.object) for finding in world.findings()] == places
