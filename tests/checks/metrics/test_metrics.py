"""kube-state-metrics: what is read of it, what a judge makes of that, and what `cortex metrics` shows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import anyio
import msgspec
import pytest

from checks.kube.connection import Connection
from checks.kube.reading import Permission, Read, ReadFailure, Reason
from checks.metrics.check import CHECK
from checks.metrics.cluster_health import HealthStatus, figures, health
from checks.metrics.cluster_metrics import LAG, NEEDED, READ, ClusterMetrics, Replicas, SampleCollector
from checks.metrics.collect import METRICS, Metrics, Refused, Server
from checks.metrics.exposition import Scanner
from checks.results.catalogue import catalogue
from checks.results.result import Result, Status
from tests.checks.collecting import collect
from tests.checks.fake_api import Answer, FakeApi, serve, status
from tests.checks.world import NOW, World, declared

SETTINGS = {"kubeStateMetrics": {"namespace": "cortex-mcp"}}
PROXY = "/api/v1/namespaces/cortex-mcp/services/http:kube-state-metrics:"
SERVICE = "Service cortex-mcp/kube-state-metrics"
CLUSTER = "Cluster test"
OLD = "2026-01-01T00:00:00Z"


def scrape(pods: int = 3) -> str:
    """Give a scrape of two nodes, one of them not ready, two Deployments, and pods, the last two in trouble."""
    created = (NOW - timedelta(hours=1)).timestamp()
    phases = ["Running"] * (pods - 2) + ["Failed", "Pending"]
    lines = ["# HELP kube_node_info [STABLE] About.", "# TYPE kube_node_info gauge"]
    lines += [f'kube_node_info{{node="node-{number}",kernel_version="6.1"}} 1' for number in (0, 1)]
    for number, ready in ((0, "true"), (1, "unknown")):
        lines += [
            f'kube_node_status_condition{{node="node-{number}",condition="{kind}",status="{value}"}} '
            f"{int((kind == 'Ready') == (value == ready))}"
            for kind in ("Ready", "DiskPressure")
            for value in ("true", "false", "unknown")
        ]
    for number, phase in enumerate(phases):
        who = f'namespace="a",pod="p{number}",uid="u{number}"'
        lines += [f'kube_pod_info{{{who},created_by_kind="ReplicaSet"}} 1', f"kube_pod_created{{{who}}} {created:.9e}"]
        lines += [f'kube_pod_status_phase{{{who},phase="{one}"}} {int(one == phase)}' for one in dict.fromkeys(phases)]
    lines += [f'kube_deployment_created{{namespace="a",deployment="{name}"}} {created}' for name in ("x", "y")]
    lines += [f'kube_deployment_spec_replicas{{namespace="a",deployment="{name}"}} 2' for name in ("x", "y")]
    lines += ['kube_deployment_status_replicas_available{namespace="a",deployment="x"} 2']
    lines += ['kube_deployment_status_replicas_available{namespace="a",deployment="y"} 1']
    lines += ['kube_resourcequota{namespace="a"} 1', 'kube_pod_container_status_restarts_total{pod="p0"} 7']
    return "\n".join(lines) + "\n"


def collected(text: str, at: datetime = NOW) -> ClusterMetrics:
    collector, scanner = SampleCollector(), Scanner(READ)
    collector.add(scanner.feed(text.encode()))
    collector.add(scanner.end())
    return collector.metrics(at)


def test_figures_are_those_of_the_scrape() -> None:
    told = collected(scrape(12))
    assert msgspec.structs.asdict(figures(told)) == {
        "nodes": 2,
        "nodes_ready": 1,
        "pods": 12,
        "pods_running": 10,
        "pods_pending": 1,
        "pods_succeeded": 0,
        "pods_failed": 1,
        "pods_unknown": 0,
        "deployments": 2,
        "deployments_available": 1,
        "replicas": 4,
        "replicas_available": 3,
    }
    assert (told.failed, told.stuck, told.missing) == ((("a", "p10"),), (("a", "p11"),), ())
    assert told.nodes == {"node-0": True, "node-1": False}


def test_failed_pods_of_jobs_are_history() -> None:
    told = collected(
        scrape().replace('pod="p1",uid="u1",created_by_kind="ReplicaSet"', 'pod="p1",created_by_kind="Job"')
    )
    assert told.failed == ()
    assert told.phases["Failed"] == 1


def test_failed_pods_that_are_being_deleted_are_nobodys_trouble() -> None:
    told = collected(scrape() + 'kube_pod_deletion_timestamp{namespace="a",pod="p1",uid="u1"} 1.7e+09\n')
    assert told.failed == ()
    assert told.missing == ()
    assert told.phases["Failed"] == 1


def test_pod_that_was_made_just_now_is_not_stuck() -> None:
    made = NOW - timedelta(hours=1)
    assert collected(scrape(), made + LAG + timedelta(seconds=1)).stuck == (("a", "p2"),)
    assert collected(scrape(), made + LAG - timedelta(seconds=1)).stuck == ()


def healthy(**changes: object) -> ClusterMetrics:
    """Give the metrics of three ready nodes with ten pods each."""
    told = ClusterMetrics(
        at=NOW,
        samples={**dict.fromkeys(NEEDED, 1), "kube_pod_info": 30},
        nodes={f"node-{number}": True for number in range(3)},
        phases={"Running": 30},
    )
    return replace(told, **changes)  # type: ignore[arg-type]


PODS = tuple(("a", f"p{number}") for number in range(4))


@pytest.mark.parametrize(
    ("told", "expected", "issues", "advice"),
    [
        (healthy(), HealthStatus.HEALTHY, [], []),
        (healthy(stuck=PODS[:3]), HealthStatus.HEALTHY, [], []),
        (healthy(stuck=PODS), HealthStatus.WARNING, ["4 of 30 pods are stuck in Pending"], []),
        (healthy(failed=PODS[:1]), HealthStatus.DEGRADED, ["1 pods have failed, those of Jobs not counted"], []),
        (
            healthy(stuck=PODS, nodes={"a": True, "b": True, "c": True, "d": False}),
            HealthStatus.DEGRADED,
            ["4 of 30 pods are stuck in Pending", "1 of 4 nodes are not ready"],
            [],
        ),
        (healthy(nodes={"a": True, "b": True}), HealthStatus.HEALTHY, [], ["at least 3 nodes"]),
        (healthy(phases={"Running": 300}), HealthStatus.HEALTHY, [], []),
        (healthy(phases={"Running": 301}), HealthStatus.HEALTHY, [], ["more than 100 running pods"]),
        (healthy(nodes={}, phases={"Running": 1}), HealthStatus.HEALTHY, [], ["at least 3 nodes", "more than 100"]),
    ],
)
def test_health_has_the_seeds_thresholds(
    told: ClusterMetrics, expected: HealthStatus, issues: list[str], advice: list[str]
) -> None:
    report = health(told)
    assert (report.status, list(report.issues)) == (expected, issues)
    assert len(report.recommendations) == len(advice)
    assert all(part in whole for part, whole in zip(advice, report.recommendations, strict=True))


@pytest.fixture
def world() -> World:
    return World(declared(**SETTINGS))


def result(world: World) -> Result:
    return CHECK.run(world.declaration, world.snapshot())


def change(**changes: object) -> Callable[[World], None]:
    """Change what the scrape tells."""

    def apply(world: World) -> None:
        assert world.metrics is not None
        assert isinstance(world.metrics.scrape, Read)
        told = replace(world.metrics.scrape.value, **changes)  # type: ignore[arg-type]
        world.metrics = replace(world.metrics, scrape=Read(told, 0.01))

    return apply


def say(**answers: object) -> Callable[[World], None]:
    """Change what kube-state-metrics says of itself."""

    def apply(world: World) -> None:
        assert world.metrics is not None
        world.metrics = replace(world.metrics, **answers)  # type: ignore[arg-type]

    return apply


def grown_old(world: World) -> None:
    """Let a Deployment and a node be there for long that kube-state-metrics does not know."""
    change(deployments={("cortex-mcp", "gone"): Replicas(1, 1)})(world)
    for deployment in world.every("deployments"):
        deployment["metadata"]["creationTimestamp"] = OLD


def unknown_node(world: World) -> None:
    world.one("nodes", "", "node-1")["metadata"]["creationTimestamp"] = OLD
    change(nodes={"node-0": True})(world)


REFUSED = Refused("connection refused", 0.1)
FAULTS: list[tuple[str, str, str, Callable[[World], None]]] = [
    ("metrics.down", SERVICE, "/metrics: connection refused", say(scrape=REFUSED, alive=REFUSED, blind=REFUSED)),
    ("metrics.down", SERVICE, "/healthz: connection refused", say(alive=REFUSED)),
    ("metrics.down", SERVICE, "telemetry: connection refused", say(blind=REFUSED)),
    (
        "metrics.family",
        SERVICE,
        "no sample of kube_pod_created",
        change(samples={n: n != "kube_pod_created" for n in NEEDED}),
    ),
    ("metrics.blind", SERVICE, "cannot list *v1.Node", say(blind=Read(("*v1.Node",), 0.1))),
    ("metrics.outdated", SERVICE, "does not report 3 of 3 Deployments: cortex-mcp/kube-state-metrics", grown_old),
    ("metrics.outdated", SERVICE, "does not report 1 of 2 Nodes: node-1", unknown_node),
    ("metrics.nodes-not-ready", CLUSTER, "not ready: node-1", change(nodes={"node-0": True, "node-1": False})),
    ("metrics.pods-failed", CLUSTER, "pods have failed: a/p0", change(failed=PODS[:1])),
    ("metrics.pods-pending", CLUSTER, "stuck in Pending: a/p0", change(stuck=PODS)),
]


@pytest.mark.parametrize(("kind", "namespace"), [("nodes", ""), ("deployments", "cortex-system")])
def test_what_it_cannot_be_compared_with_is_unknown(world: World, kind: str, namespace: str) -> None:
    world.deny(kind, namespace)
    judged = result(world)
    assert (judged.status, [unknown.what for unknown in judged.unknowns]) == (
        Status.UNKNOWN,
        [f"list {kind} in {namespace}"],
    )


def test_healthy_metrics_are_ok(world: World) -> None:
    judged = result(world)
    assert (judged.status, judged.findings, judged.unknowns) == (Status.PASS, (), ())
    assert ("cluster", "nodes_ready", 2) in [(fact.subject, fact.name, fact.value) for fact in judged.facts]


@pytest.mark.parametrize(("code", "obj", "words", "fault"), FAULTS, ids=[f"{n}-{f[0]}" for n, f in enumerate(FAULTS)])
def test_fault_gives_exactly_its_finding(
    world: World, code: str, obj: str, words: str, fault: Callable[[World], None]
) -> None:
    fault(world)
    (finding,) = result(world).findings
    assert (finding.code, str(finding.object)) == (code, obj)
    assert words in finding.message


def test_every_code_of_the_family_is_provoked_here() -> None:
    assert {code for code, *_ in FAULTS} == {code for code in catalogue() if code.startswith("metrics.")}


def test_nothing_declared_is_nothing_to_ask() -> None:
    assert result(World(declared())).status is Status.PASS


def test_what_another_row_reports_is_left_out(world: World) -> None:
    say(scrape=REFUSED, alive=REFUSED, blind=REFUSED)(world)
    for pod in world.objects["pods", "cortex-mcp"]:
        pod["status"]["conditions"] = []
    judged = result(world)
    assert (judged.findings, judged.skipped, judged.status) == ((), 3, Status.UNKNOWN)


def test_what_cannot_be_read_is_unknown_once(world: World) -> None:
    why = ReadFailure("scrape", Reason.FORBIDDEN, "no")
    say(scrape=why, alive=why, blind=why)(world)
    judged = result(world)
    assert (judged.status, judged.findings, len(judged.unknowns)) == (Status.UNKNOWN, (), 1)


def test_young_objects_may_be_unknown_to_it_yet(world: World) -> None:
    change(deployments={}, nodes={})(world)
    young = (NOW - LAG + timedelta(seconds=1)).isoformat()
    for obj in [*world.every("deployments"), *world.every("nodes")]:
        obj["metadata"]["creationTimestamp"] = young
    assert result(world).findings == ()


def text(body: str, code: int = 200, kind: str = "text/plain; version=0.0.4") -> Answer:
    return Answer(code, body.encode(), {"Content-Type": kind})


TELEMETRY = """
kube_state_metrics_list_total{resource="*v1.Pod",result="error"} 2
kube_state_metrics_list_total{resource="*v1.Pod",result="success"} 1
kube_state_metrics_list_total{resource="*v1.Node",result="error"} 9
kube_state_metrics_list_total{resource="*v1.Node",result="success"} 0
"""


@pytest.fixture
def api(world: World) -> Iterator[FakeApi]:
    with serve(world) as api:
        api.faults[f"{PROXY}8080/proxy/metrics"] = [text(scrape())]
        api.faults[f"{PROXY}8080/proxy/healthz"] = [text("OK")]
        api.faults[f"{PROXY}8081/proxy/metrics"] = [text(TELEMETRY)]
        yield api


def asked(api: FakeApi) -> Metrics:
    async def main() -> Metrics | None:
        connection = Connection("test", api.url, token=lambda: "Bearer secret")
        return await collect(METRICS, api.world.declaration, connection)

    metrics = anyio.run(main)
    assert metrics is not None
    return metrics


def test_all_that_it_tells_is_read(api: FakeApi) -> None:
    metrics = asked(api)
    assert isinstance(metrics.scrape, Read)
    assert abs(metrics.scrape.value.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert replace(metrics.scrape.value, at=NOW) == collected(scrape())
    assert isinstance(metrics.alive, Read)
    assert isinstance(metrics.blind, Read)
    assert metrics.blind.value == ("*v1.Node",)


def test_scrape_that_is_not_complete_yet_is_asked_again(api: FakeApi) -> None:
    api.faults[f"{PROXY}8080/proxy/metrics"] = [text("kube_node_info 1\n"), text(scrape())]
    metrics = asked(api)
    assert isinstance(metrics.scrape, Read)
    assert metrics.scrape.value.missing == ()
    assert api.requests[f"{PROXY}8080/proxy/metrics"] == 2


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (status(503, "no endpoints available for service"), "HTTP 503: no endpoints available for service"),
        (status(404, 'services "kube-state-metrics" not found'), 'HTTP 404: services "kube-state-metrics" not found'),
        (text("oops", 500), "HTTP 500: Internal Server Error"),
        (text("<html>", kind="text/html"), "the Content-Type of the answer is text/html, not text/plain"),
        (text("kube_node_info{node=1} 1"), "a line is not in the text exposition format: 'kube_node_info{node=1} 1'"),
        (text('kube_node_info{node="\\xff"} x'), "a line is not in the text exposition format"),
    ],
)
def test_other_answers_are_refusals(api: FakeApi, answer: Answer, detail: str) -> None:
    api.faults[f"{PROXY}8080/proxy/metrics"] = [answer]
    metrics = asked(api)
    assert isinstance(metrics.scrape, Refused)
    assert detail in metrics.scrape.detail
    assert metrics.alive == metrics.blind == metrics.scrape
    assert api.requests[f"{PROXY}8080/proxy/healthz"] == 0


def test_missing_right_is_named(api: FakeApi) -> None:
    api.faults[f"{PROXY}8080/proxy/metrics"] = [status(403, "no")]
    scrape = asked(api).scrape
    assert isinstance(scrape, ReadFailure)
    assert (scrape.reason, scrape.permission) == (Reason.FORBIDDEN, Permission("get", "services/proxy", "cortex-mcp"))


def test_closed_connection_to_the_api_server_is_unknown(api: FakeApi) -> None:
    api.faults[f"{PROXY}8080/proxy/metrics"] = [Answer(drop=True)]
    scrape = asked(api).scrape
    assert isinstance(scrape, ReadFailure)
    assert scrape.reason is Reason.UNREACHABLE


def test_too_large_an_answer_is_unknown(api: FakeApi) -> None:
    server = Server(Connection("test", api.url), "cortex-mcp", largest=1000)

    async def nothing(pieces: object) -> None:
        async for _ in pieces:  # type: ignore[attr-defined]
            pass

    answer = anyio.run(partial(server.ask, 8080, "/metrics", nothing))
    assert isinstance(answer, ReadFailure)
    assert (answer.reason, answer.message) == (
        Reason.UNDECODABLE,
        "the answer is larger than 1,000 bytes: it was not read",
    )


def test_not_declared_is_not_asked() -> None:
    world = World(declared())
    with serve(world) as api:

        async def main() -> Metrics | None:
            connection = Connection("test", api.url)
            return await collect(METRICS, world.declaration, connection)

        assert anyio.run(main) is None
        assert not api.requests
