"""NetworkPolicies proved by trying: who tries, what its pod is and reports, and what is concluded from it."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any, cast

import anyio
import pytest

from checks.kube import models as k8s
from checks.kube.connection import Connection
from checks.kube.listing import Listing
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.mcp.answer import Answer as McpAnswer
from checks.mcp.answer import Outcome as McpOutcome
from checks.network import collect as network
from checks.network import probe_job
from checks.network import probe_program as reach
from checks.network.callers import Caller, callers
from checks.network.check import CHECK
from checks.network.collect import ATTEMPTS, IGNORED, INSIDE, NO_IMAGE, Network, Outcome
from checks.results.catalogue import catalogue
from checks.results.conclusion import OK, UNKNOWN, exit_code
from checks.results.result import Severity, Status, reasons
from checks.snapshot.take import take
from checks.verification.checks import checks
from stacks.model.declaration import Declaration
from tests.checks.collecting import collect, with_collected
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.world import SETTINGS, Json, World, declared
from tests.components.test_restricted import violations

CLIENT = Caller("cortex-system")
VERIFIER = Caller("cortex-system", (("app", "cortex-verifier"),))
STRANGER = Caller("cortex-mcp")
JOBS = "/apis/batch/v1/namespaces/{}/jobs"


def stack(*clients: Json, **changes: Json) -> Declaration:
    """Give a declaration of one server with these clients, and a verifier."""
    time = {**SETTINGS["servers"]["time"], "clients": clients}
    parts: dict[str, Json] = {"servers": {"time": time}, "verifier": {"image": "registry.test/cortex:1"}, **changes}
    return declared(**parts)


@pytest.fixture
def world() -> World:
    return World(stack({"namespace": "cortex-system"}))


def set_outcome(world: World, caller: Caller, outcome: Outcome) -> None:
    world.network = Network({**world.network.attempts, caller: Read({"time": outcome}, 0.1)})


def test_clients_and_one_stranger_try() -> None:
    assert callers(stack({"namespace": "cortex-system"})) == (CLIENT, VERIFIER, STRANGER)


def test_client_with_labels_is_told_from_its_neighbours() -> None:
    labelled = Caller("cortex-mcp", (("app", "agent"),))
    found = callers(stack({"namespace": "cortex-mcp", "labels": {"app": "agent"}}))
    assert found == (labelled, VERIFIER, STRANGER, CLIENT)


def test_nobody_tries_in_namespaces_of_others_nor_a_server_that_is_off() -> None:
    assert callers(stack({"namespace": "elsewhere"})) == (VERIFIER, CLIENT)
    off = {**SETTINGS["servers"]["time"], "replicas": 0, "clients": [{"namespace": "cortex-mcp"}]}
    assert callers(stack(servers={"time": off})) == ()


def test_enforced_policies_are_ok(world: World) -> None:
    result = CHECK.run(world.declaration, world.snapshot())
    assert (result.status, proved(world), result.facts) == (Status.PASS, 3, ())


def test_client_elsewhere_is_told_to_be_untried() -> None:
    world = World(stack({"namespace": "elsewhere"}))
    result = CHECK.run(world.declaration, world.snapshot())
    assert (result.status, reasons(result.facts)) == (
        Status.SKIPPED,
        ("clients of time in undeclared namespaces are not tried: elsewhere",),
    )


def test_server_whose_clients_are_all_namespaces_is_not_shown_to_refuse_anybody() -> None:
    world = World(stack({"namespace": "cortex-system"}, {"namespace": "cortex-mcp"}))
    results = world.results()
    result = next(result for result in results if result.name == "network")
    why = "every declared namespace is a client of time: no undeclared client can be tried"
    assert (result.status, reasons(result.facts), exit_code(results, Severity.ERROR)) == (Status.SKIPPED, (why,), OK)


def proved(world: World) -> int:
    """Count the assertions that somebody proved by trying; the row's others compare the policies' fields."""
    without = with_collected(world.snapshot(), ATTEMPTS, Network({}))
    result, compared = (CHECK.run(world.declaration, snapshot) for snapshot in (world.snapshot(), without))
    return result.passed - compared.passed


FAULTS = [
    (
        "network.open",
        STRANGER,
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
    set_outcome(world, STRANGER, Outcome.UNRESOLVED)
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
    world.network = read(World(stack(cluster=cluster)), inside=False)
    results = world.results()
    result = next(result for result in results if result.name == "network")
    assert (result.status, proved(world), result.facts[0].value) == (Status.SKIPPED, 0, IGNORED)
    assert exit_code(results, Severity.ERROR) == OK
    assert exit_code((result,), Severity.ERROR) == UNKNOWN, "nothing judged is no pass"


@pytest.mark.parametrize(("inside", "without", "why"), [(True, False, INSIDE), (False, True, NO_IMAGE)])
def test_nobody_tries_from_inside_or_without_an_image(inside: bool, without: bool, why: str) -> None:
    declaration = stack({"namespace": "cortex-system"})
    declaration = declaration.model_copy(update={"verifier": None}) if without else declaration
    assert read(World(declaration), inside=inside) == Network({}, why)


# The program of the probe pod.


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return cast("int", server.getsockname()[1])


def test_connection_is_reached_refused_or_has_no_address(port: int, closed: int) -> None:
    assert reach.attempt("127.0.0.1", port) == "reached"
    assert reach.attempt("127.0.0.1", closed) == "refused"
    assert reach.attempt("no such name", port) == "unresolved"


def test_client_is_let_in_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE_SECONDS", 0)
    outcomes = ["refused", "timeout", "reached"]
    assert reach.settled("h", 1, wanted=True, end=monotonic() + 60, attempt=lambda *_: outcomes.pop(0)) == "reached"
    assert outcomes == []


def test_stranger_is_kept_out_late_and_only_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE_SECONDS", 0.02)
    outcomes = ["reached", "refused", "reached", *["refused"] * 1000]
    end = monotonic() + 60
    found = reach.settled("h", 1, wanted=False, end=end, lasting=0.1, attempt=lambda *_: outcomes.pop(0))
    assert (found, len(outcomes) < 999) == ("refused", True)


def test_stranger_that_gets_in_after_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE_SECONDS", 0.1)
    outcomes = ["refused", "refused", *["reached"] * 1000]
    end = monotonic() + 2
    found = reach.settled("h", 1, wanted=False, end=end, lasting=3, attempt=lambda *_: outcomes.pop(0))
    assert found == "reached"


def test_stranger_that_stays_in_is_told(port: int) -> None:
    assert reach.settled("127.0.0.1", port, wanted=False, end=monotonic() - 1) == "reached"


def tries(*script: tuple[float, str]) -> Callable[[str, int], str]:
    """Give tries that take so many seconds each and end so; the last one stands for all that follow."""
    left = list(script)

    def attempt(_host: str, _port: int) -> str:
        seconds, outcome = left.pop(0) if len(left) > 1 else left[0]
        sleep(seconds)
        return outcome

    return attempt


@pytest.mark.parametrize(("wanted", "outcome"), [(True, "reached"), (False, "refused")])
def test_dropped_packet_holds_up_no_other_try(wanted: bool, outcome: str) -> None:
    begun = monotonic()
    attempt = tries((5, "timeout"), (0, outcome))
    assert reach.settled("h", 1, wanted=wanted, end=begun + 60, lasting=0.3, attempt=attempt) == outcome
    assert monotonic() - begun < 4


def test_packets_dropped_for_good_are_a_refusal() -> None:
    begun = monotonic()
    found = reach.settled("h", 1, wanted=False, end=begun + 60, lasting=0.5, attempt=tries((0.4, "timeout")))
    assert found == "timeout"
    assert 0.9 <= monotonic() - begun < 4


def test_late_answer_of_an_older_try_does_not_hide_that_a_newer_one_got_in() -> None:
    attempt = tries((1, "timeout"), (0, "reached"), (30, "refused"))
    assert reach.settled("h", 1, wanted=False, end=monotonic() + 0.9, lasting=0.0, attempt=attempt) == "reached"


def test_network_that_is_not_there_proves_nothing(port: int, closed: int) -> None:
    up, down = ("127.0.0.1", port), ("127.0.0.1", closed)
    target = (*down, False)
    assert reach.tried([target], monotonic() - 1, 0, down, down) == {"alive": False, "outcomes": []}
    assert reach.tried([target], monotonic() - 1, 0, None, down) == {"alive": False, "outcomes": []}
    assert reach.tried([target], monotonic() + 9, 0, up, down) == {"alive": True, "outcomes": ["refused"]}


def test_refusal_counts_only_once_the_pods_own_policies_are_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE_SECONDS", 0)
    tries: list[str] = []
    open_until = {"dns": 99, "api": 2, "server": 0}

    def settled(host: str, port: int, **how: Any) -> str:
        return real(host, port, **{**how, "attempt": attempt})

    def attempt(host: str, port: int) -> str:
        tries.append(host)
        return "reached" if tries.count(host) <= open_until[host] else "refused"

    real = reach.settled
    monkeypatch.setattr(reach, "settled", settled)
    report = reach.tried([("server", 1, False)], monotonic() + 60, 0, ("dns", 53), ("api", 443))
    assert (tries, report["outcomes"]) == (["dns", "api", "api", "api", "server"], ["refused"])


def test_nameserver_is_that_of_the_pod(tmp_path: Path) -> None:
    (tmp_path / "resolv.conf").write_text("search a b\nnameserver 10.96.0.10\noptions ndots:5\n")
    assert reach.nameserver(str(tmp_path / "resolv.conf")) == "10.96.0.10"
    (tmp_path / "resolv.conf").write_text("search a b\n")
    assert reach.nameserver(str(tmp_path / "resolv.conf")) is None


# The pods.


ONE, TWO = (Read((k8s.Node(k8s.Meta(name="a")),) * count, 0.1) for count in (1, 2))
FORBIDDEN = ReadFailure("list nodes", Reason.FORBIDDEN, "no")


def read(
    world: World,
    *,
    inside: bool,
    prepare: Callable[[FakeApi], None] = lambda api: None,
    nodes: Reading[tuple[k8s.Node, ...]] = TWO,
) -> Network:
    """Read the part from a fake API server."""
    with serve(world) as api:
        prepare(api)

        async def main() -> Network:
            connection = Connection("test", api.url, inside=inside)
            return await collect(ATTEMPTS, world.declaration, connection, Node=Listing(nodes, {}))

        result = anyio.run(main)
        jobs = set(api.created)
        assert jobs == set(api.deleted) & jobs, "every Job is deleted"
    return result


def reporting(api: FakeApi, message: str, exit_code: int = 0) -> None:
    """Let the pods of Jobs end with this message."""

    def end(path: str, job: Json) -> None:
        namespace = job["metadata"]["namespace"]
        terminated = {"exitCode": exit_code, "reason": "Completed", "message": message}
        labels = job["spec"]["template"]["metadata"]["labels"]
        pod = {
            "metadata": {"name": job["metadata"]["name"], "namespace": namespace, "labels": labels},
            "status": {"containerStatuses": [{"name": "probe", "state": {"terminated": terminated}}]},
        }
        api.world.add("pods", namespace, pod)

    api.on_create = end


def test_outcomes_are_read_from_what_the_pods_leave() -> None:
    declaration = stack({"namespace": "cortex-system"}).model_copy()
    part = read(
        World(declaration), inside=False, prepare=lambda api: reporting(api, '{"alive": true, "outcomes": ["refused"]}')
    )
    assert set(part.attempts) == {CLIENT, VERIFIER, STRANGER}
    for attempt in part.attempts.values():
        assert isinstance(attempt, Read)
        assert attempt.value == {"time": Outcome.REFUSED}


REPORTS = [
    ('{"alive": false, "outcomes": []}', 0, Reason.FAILED, "could not reach its DNS server"),
    (
        '{"alive": true, "outcomes": []}',
        0,
        Reason.UNDECODABLE,
        "cannot read the probe pod's report",
    ),
    (
        '{"alive": true, "outcomes": ["maybe"]}',
        0,
        Reason.UNDECODABLE,
        "cannot read the probe pod's report",
    ),
    ("", 0, Reason.FAILED, "ended without a report: Completed, exit code 0"),
    ("exec: python3: not found", 128, Reason.FAILED, "exit code 128: exec: python3: not found"),
]


@pytest.mark.parametrize(("message", "code", "reason", "sentence"), REPORTS)
def test_pod_without_a_report_is_unknown(message: str, code: int, reason: Reason, sentence: str) -> None:
    world = World(stack({"namespace": "cortex-system"}))
    part = read(world, inside=False, prepare=lambda api: reporting(api, message, code))
    for attempt in part.attempts.values():
        assert isinstance(attempt, ReadFailure)
        assert (attempt.reason, sentence in attempt.message) == (reason, True), attempt.message
    world.network = part
    assert CHECK.run(world.declaration, world.snapshot()).status is Status.UNKNOWN


def test_pod_that_never_reports_is_unknown_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "REPORT_SECONDS", 0.5)
    monkeypatch.setattr(network, "PAUSE_SECONDS", 0.1)
    world = World(stack({"namespace": "cortex-system"}))
    world.objects["pods", "cortex-mcp"] = []
    world.objects["pods", "cortex-system"] = []
    world.add("events", "cortex-mcp", {"metadata": {"name": "e"}, "message": "exceeded quota"})
    part = read(world, inside=False)
    stranger = part.attempts[STRANGER]
    assert isinstance(stranger, ReadFailure)
    assert stranger.reason is Reason.TIMEOUT
    assert stranger.message == "the probe pod did not report within 0.5 s: exceeded quota"


def test_account_that_may_not_make_jobs_is_told_what_it_lacks() -> None:
    def forbid(api: FakeApi) -> None:
        api.faults[JOBS.format("cortex-mcp")] = [status(403, "no")]
        api.faults[JOBS.format("cortex-system")] = [status(403, "no")]

    part = read(World(stack({"namespace": "cortex-system"})), inside=False, prepare=forbid)
    attempt = part.attempts[STRANGER]
    assert isinstance(attempt, ReadFailure)
    assert (attempt.reason, attempt.permission) == (
        Reason.FORBIDDEN,
        Permission("create", "jobs.batch", "cortex-mcp"),
    )


def test_jobs_are_deleted_when_the_verification_is_cancelled() -> None:
    world = World(stack({"namespace": "cortex-system"}))
    with serve(world) as api:
        made = threading.Event()
        api.on_create = lambda path, job: made.set()

        async def main() -> None:
            connection = Connection("test", api.url)
            async with anyio.create_task_group() as group:
                group.start_soon(collect, ATTEMPTS, world.declaration, connection)
                await anyio.to_thread.run_sync(made.wait)
                group.cancel_scope.cancel()

        anyio.run(main)
        assert api.created
        assert set(api.created) <= set(api.deleted)


@pytest.fixture
def jobs() -> dict[Caller, Any]:
    """Give the Jobs of a declaration's callers."""
    return made(TWO)


def made(nodes: Reading[tuple[k8s.Node, ...]]) -> dict[Caller, Any]:
    """Give the Jobs of a declaration's callers in a cluster of these nodes."""
    found: dict[str, Json] = {}
    declaration = stack({"namespace": "cortex-system"})

    def keep(api: FakeApi) -> None:
        reporting(api, '{"alive": true, "outcomes": ["refused"]}')
        end = api.on_create

        def both(path: str, job: Json) -> None:
            found[job["metadata"]["name"]] = job
            end(path, job)

        api.on_create = both

    read(World(declaration), inside=False, prepare=keep, nodes=nodes)
    by_number = sorted(found.values(), key=lambda job: str(job["metadata"]["name"]))
    return dict(zip(callers(declaration), by_number, strict=True))


def test_pods_are_restricted_short_lived_and_fit_their_namespace(jobs: dict[Caller, Any]) -> None:
    limits = declared().namespaces["cortex-mcp"].limits
    for caller, job in jobs.items():
        spec = job["spec"]
        assert (spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"], spec["backoffLimit"]) == (60, 30, 0)
        pod = spec["template"]["spec"]
        assert violations(pod) == []
        assert pod["automountServiceAccountToken"] is False
        assert pod["readinessGates"] == [{"conditionType": "cortex.dev/probe"}], "no Service sends it requests"
        (container,) = pod["containers"]
        assert container["image"] == "registry.test/cortex:1"
        assert container["resources"] == {
            "requests": limits.min.model_dump(),
            "limits": limits.default.model_dump(),
        }
        name = job["metadata"]["name"]
        assert spec["template"]["metadata"]["labels"] == {**dict(caller.labels), "cortex.dev/probe": name}
        assert job["metadata"]["namespace"] == caller.namespace
    assert len({job["metadata"]["name"] for job in jobs.values()}) == 3


def test_program_runs_on_a_bare_python(jobs: dict[Caller, Any], tmp_path: Path, port: int) -> None:
    container = jobs[STRANGER]["spec"]["template"]["spec"]["containers"][0]
    _, *options, program, task = container["command"]
    asked = json.loads(task)
    assert asked["targets"] == [["time-mcp-server.cortex-mcp.svc.cluster.local.", 8080, False]]
    assert json.loads(jobs[CLIENT]["spec"]["template"]["spec"]["containers"][0]["command"][-1])["targets"][0][2] is True
    report = tmp_path / "report"
    task = json.dumps({"targets": [["127.0.0.1", port, True]], "seconds": 0, "lasting": 0, "report": str(report)})
    api = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    subprocess.run([sys.executable, *options, program, task], check=True, timeout=30, env=api)
    assert set(json.loads(report.read_text())) == {"alive", "outcomes"}
    assert len(program) < 20_000


@pytest.mark.parametrize(
    ("nodes", "lasting"),
    [(ONE, probe_job.SINGLE_NODE_SECONDS), (TWO, probe_job.DENIED_SECONDS), (FORBIDDEN, probe_job.DENIED_SECONDS)],
)
def test_refusal_lasts_longer_where_other_nodes_may_learn_of_the_pod_late(
    nodes: Reading[tuple[k8s.Node, ...]], lasting: float
) -> None:
    for job in made(nodes).values():
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert json.loads(container["command"][-1])["lasting"] == lasting


def test_probe_pods_are_no_part_of_the_stack() -> None:
    world = World(declared(servers={}))
    with serve(world) as api:
        anyio.run(take, world.declaration, Connection("test", api.url), checks())
        asked = [query for query in api.queries if "cortex.dev/probe" in query.get("labelSelector", "")]
    assert asked == [{"limit": "500", "labelSelector": "!cortex.dev/probe"}]


def test_probe_pods_pull_their_image_as_all_pods_of_their_namespace() -> None:
    cluster = {**SETTINGS["cluster"], "imagePullSecrets": ["registry"]}
    pod: Any = probe_job.job("probe", CLIENT, declared(cluster=cluster), "registry.test/cortex:1")
    assert pod["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "registry"}]
