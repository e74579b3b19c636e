"""Which callers try, and what follows from the outcomes of their attempts."""

import pytest

from checks.kube.reading import Read
from checks.mcp.answer import Answer as McpAnswer
from checks.mcp.answer import Outcome as McpOutcome
from checks.network.callers import Caller, asked, callers
from checks.network.check import CHECK
from checks.network.collect import ATTEMPTS, IGNORED, INSIDE, NO_IMAGE, Network, Outcome, Outcomes
from checks.results.catalogue import catalogue
from checks.results.conclusion import OK, UNKNOWN, exit_code
from checks.results.result import Severity, Status, reasons
from stacks.model.owner import WORKLOADS, Owner
from tests.checks.collecting import with_collected
from tests.checks.probing import CLIENT, TIME, UNDECLARED, VERIFIER, collect_attempts, stack
from tests.checks.world import SETTINGS, Json, World


@pytest.fixture
def world() -> World:
    return World(stack({"namespace": "cortex-system"}))


def set_outcome(world: World, caller: Caller, outcome: Outcome, owner: Owner = TIME) -> None:
    attempt = world.network.attempts[caller]
    assert isinstance(attempt, Read)
    changed: Read[Outcomes] = Read({**attempt.value, owner: outcome}, 0.1)
    world.network = Network({**world.network.attempts, caller: changed})


def test_clients_and_one_undeclared_pod_try() -> None:
    assert callers(stack({"namespace": "cortex-system"})) == (CLIENT, VERIFIER, UNDECLARED)


def test_client_with_labels_is_told_from_its_neighbours() -> None:
    labelled = Caller("cortex-mcp", (("app", "agent"),))
    found = callers(stack({"namespace": "cortex-mcp", "labels": {"app": "agent"}}))
    assert found == (labelled, VERIFIER, UNDECLARED, CLIENT)


def test_nobody_tries_in_namespaces_of_others_nor_a_server_that_is_off() -> None:
    assert callers(stack({"namespace": "elsewhere"})) == (VERIFIER, CLIENT)
    off = {**SETTINGS["servers"]["time"], "replicas": 0, "clients": [{"namespace": "cortex-mcp"}]}
    assert callers(stack(servers={"time": off})) == ()


CACHE = Owner(WORKLOADS, "cache")


def with_workload(*clients: str, **settings: Json) -> World:
    """Return a cluster with a server, and a workload that has these clients."""
    cache = {
        "image": "registry.test/cache:1",
        "namespace": "cortex-mcp",
        "port": 6379,
        "clients": [{"namespace": client} for client in clients],
        **settings,
    }
    return World(stack({"namespace": "cortex-system"}, workloads={"cache": cache}))


def test_a_workload_with_a_client_is_tried_at_the_port_where_clients_reach_it() -> None:
    for settings, expected in [({}, 6379), ({"service": {"port": 80}}, 80)]:
        targets = asked(with_workload("cortex-system", **settings).declaration)
        assert {owner: target.service_port for owner, target in targets.items()} == {TIME: 8080, CACHE: expected}


@pytest.mark.parametrize(
    ("clients", "settings"), [((), {}), (("elsewhere",), {}), (("cortex-system",), {"replicas": 0})]
)
def test_a_workload_that_no_client_of_the_stack_reaches_is_not_tried(clients: tuple[str, ...], settings: Json) -> None:
    assert set(asked(with_workload(*clients, **settings).declaration)) == {TIME}


@pytest.mark.parametrize(
    ("code", "caller", "outcome"),
    [("network.open", UNDECLARED, Outcome.REACHED), ("network.closed", CLIENT, Outcome.REFUSED)],
)
def test_each_fault_of_a_workload_gives_its_finding(code: str, caller: Caller, outcome: Outcome) -> None:
    world = with_workload("cortex-system")
    assert world.findings() == []
    set_outcome(world, caller, outcome, CACHE)
    (finding,) = world.findings()
    assert (finding.code, str(finding.object)) == (code, "NetworkPolicy cortex-mcp/cache")
    assert "connect to port 6379" in finding.message


def test_a_refusal_by_a_workload_that_no_client_reaches_proves_nothing() -> None:
    world = with_workload("cortex-system")
    for caller in (CLIENT, VERIFIER):
        world.network = Network({c: a for c, a in world.network.attempts.items() if c != caller})
    result = CHECK.run(world.declaration, world.snapshot())
    assert [unknown.what for unknown in result.unknowns] == [
        "connect to cortex-mcp/cache from a pod of namespace cortex-mcp"
    ]


def test_a_workload_without_ready_pods_is_reported_once() -> None:
    world = with_workload("cortex-system")
    world.objects["pods", "cortex-mcp"] = [
        pod for pod in world.objects["pods", "cortex-mcp"] if pod["metadata"]["labels"].get("app") != "cache"
    ]
    set_outcome(world, CLIENT, Outcome.REFUSED, CACHE)
    assert "network.closed" not in world.codes()


def test_enforced_policies_are_ok(world: World) -> None:
    result = CHECK.run(world.declaration, world.snapshot())
    assert (result.status, proved(world), result.facts) == (Status.PASS, 3, ())


def test_client_elsewhere_is_told_to_be_untried() -> None:
    world = World(stack({"namespace": "elsewhere"}))
    result = CHECK.run(world.declaration, world.snapshot())
    assert (result.status, reasons(result.facts)) == (
        Status.SKIPPED,
        ("clients of server time in namespaces that the stack does not own are not tried: elsewhere",),
    )


def test_server_whose_clients_are_all_namespaces_is_not_shown_to_refuse_anybody() -> None:
    world = World(stack({"namespace": "cortex-system"}, {"namespace": "cortex-mcp"}))
    results = world.results()
    result = next(result for result in results if result.name == "network")
    why = "every declared namespace is a client of server time: no undeclared client can be tried"
    assert (result.status, reasons(result.facts), exit_code(results, Severity.ERROR)) == (Status.SKIPPED, (why,), OK)


def proved(world: World) -> int:
    """Return the number of assertions from attempts; the others compare the fields of the policies."""
    without = with_collected(world.snapshot(), ATTEMPTS, Network({}))
    result, compared = (CHECK.run(world.declaration, snapshot) for snapshot in (world.snapshot(), without))
    return result.passed - compared.passed


FAULTS = [
    (
        "network.open",
        UNDECLARED,
        Outcome.REACHED,
        "cortex-mcp is not a declared client, but can connect",
    ),
    (
        "network.closed",
        CLIENT,
        Outcome.REFUSED,
        "cortex-system is a declared client, but cannot connect",
    ),
    ("network.closed", CLIENT, Outcome.TIMEOUT, "cannot connect to port 8080"),
    ("network.closed", CLIENT, Outcome.UNRESOLVED, "cannot connect to port 8080"),
]


@pytest.mark.parametrize(("code", "caller", "outcome", "sentence"), FAULTS)
def test_each_fault_gives_its_finding(world: World, code: str, caller: Caller, outcome: Outcome, sentence: str) -> None:
    set_outcome(world, caller, outcome)
    (finding,) = world.findings()
    assert (finding.code, str(finding.object)) == (code, "NetworkPolicy cortex-mcp/time-mcp-server")
    assert sentence in finding.message
    assert finding.actual == outcome.value


def test_every_code_is_provoked() -> None:
    compared = {"network.missing", "network.policy", "network.undeclared"}  # see test_check.py
    assert {code for code, *_ in FAULTS} == {code for code in catalogue() if code.startswith("network.")} - compared


@pytest.mark.parametrize("outcome", [McpOutcome.UNREACHABLE, McpOutcome.TIMEOUT, McpOutcome.FORBIDDEN])
def test_refusal_by_a_server_that_nobody_reaches_proves_nothing(world: World, outcome: McpOutcome) -> None:
    world.mcp["time"] = McpAnswer(outcome, "x")
    for caller in (CLIENT, VERIFIER):
        world.network = Network({c: a for c, a in world.network.attempts.items() if c != caller})
    result = CHECK.run(world.declaration, world.snapshot())
    assert (result.status, proved(world), result.findings) == (Status.UNKNOWN, 0, ())
    assert result.unknowns[0].what == "connect to cortex-mcp/time-mcp-server from a pod of namespace cortex-mcp"


def test_name_without_an_address_is_no_refusal(world: World) -> None:
    set_outcome(world, UNDECLARED, Outcome.UNRESOLVED)
    assert CHECK.run(world.declaration, world.snapshot()).status is Status.UNKNOWN


def test_server_that_is_down_is_reported_once(world: World) -> None:
    world.mcp["time"] = McpAnswer(McpOutcome.UNREACHABLE, "refused")
    for caller in (CLIENT, VERIFIER):
        set_outcome(world, caller, Outcome.REFUSED)
    assert world.codes() == ["mcp.unreachable"]


def test_missing_service_is_reported_once(world: World) -> None:
    world.remove("services", "cortex-mcp", "time")
    world.mcp["time"] = McpAnswer(McpOutcome.UNREACHABLE, "not found")
    for caller in world.network.attempts:
        set_outcome(world, caller, Outcome.UNRESOLVED)
    assert world.codes() == ["service.missing"]


def test_ignored_policies_are_said_and_neither_ok_nor_unknown() -> None:
    cluster = {**SETTINGS["cluster"], "networkPolicies": "ignored"}
    world = World(stack(cluster=cluster))
    world.network = collect_attempts(World(stack(cluster=cluster)), inside=False)
    results = world.results()
    result = next(result for result in results if result.name == "network")
    assert (result.status, proved(world), result.facts[0].value) == (Status.SKIPPED, 0, IGNORED)
    assert exit_code(results, Severity.ERROR) == OK
    assert exit_code((result,), Severity.ERROR) == UNKNOWN, "nothing judged is no pass"


@pytest.mark.parametrize(("inside", "without", "why"), [(True, False, INSIDE), (False, True, NO_IMAGE)])
def test_nobody_tries_from_inside_or_without_an_image(inside: bool, without: bool, why: str) -> None:
    declaration = stack({"namespace": "cortex-system"})
    declaration = declaration.model_copy(update={"verifier": None}) if without else declaration
    assert collect_attempts(World(declaration), inside=inside) == Network({}, why)
