"""Use of the quotas, and what pods use: read, judged, and shown by `cortex usage`."""

from collections.abc import Iterator
from functools import partial

import anyio
import pytest
import stamina

from checks.kube.connection import Connection
from checks.kube.reading import Read, ReadFailure, Reason
from checks.kube.retry import patiently
from checks.results.catalogue import catalogue
from checks.results.result import Result, Severity, Status
from checks.usage import collect as usage
from checks.usage.check import CHECK
from checks.usage.collect import USAGE, Live, Usage
from checks.usage.quota import threshold_percent
from tests.checks.collecting import collect
from tests.checks.fake_api import FakeApi, ordinary, serve, status
from tests.checks.world import World, declared

QUOTA = "ResourceQuota cortex-mcp/cortex-mcp-quota"
PODS = "/apis/metrics.k8s.io/v1beta1/pods"


@pytest.fixture
def world() -> World:
    return World(declared())


def result(world: World) -> Result:
    return CHECK.run(world.declaration, world.snapshot())


def use(world: World, resource: str, used: str) -> None:
    world.one("resourcequotas", "cortex-mcp")["status"]["used"][resource] = used


def test_room_is_ok(world: World) -> None:
    judged = result(world)
    assert (judged.status, judged.findings) == (Status.PASS, ())
    assert judged.passed == 12


@pytest.mark.parametrize(
    ("resource", "used", "percent"),
    [("pods", "45", "90.0 %"), ("requests.cpu", "9500m", "95.0 %"), ("limits.memory", "50Gi", "125.0 %")],
)
def test_quota_near_its_end_is_a_warning(world: World, resource: str, used: str, percent: str) -> None:
    use(world, resource, used)
    (finding,) = result(world).findings
    assert (finding.code, finding.severity, str(finding.object)) == ("usage.quota", Severity.WARNING, QUOTA)
    assert (finding.expected, finding.actual) == ("less than 90 %", percent)
    assert f"{resource}: {used} of " in finding.message


@pytest.mark.parametrize(("resource", "used"), [("pods", "44"), ("requests.cpu", "8999m")])
def test_quota_below_the_threshold_is_ok(world: World, resource: str, used: str) -> None:
    use(world, resource, used)
    assert result(world).findings == ()


def test_every_code_of_the_family_is_provoked_here() -> None:
    assert {code for code in catalogue() if code.startswith("usage.")} == {"usage.quota"}


def test_threshold_is_that_of_the_declared_alerts() -> None:
    settings = {"namespace": "cortex-mcp", "alerts": {"quotaPercent": 50}}
    cluster = {"context": "test", "environment": "testing", "nodes": 2, "customResources": ["PrometheusRule"]}
    world = World(declared(kubeStateMetrics=settings, cluster=cluster))
    assert threshold_percent(world.declaration) == 50
    use(world, "pods", "25")
    assert [finding.actual for finding in result(world).findings] == ["50.0 %"]
    assert threshold_percent(declared()) == 90


def test_quota_of_nothing_at_all_is_never_near_its_end(world: World) -> None:
    quota = world.one("resourcequotas", "cortex-mcp")
    quota["status"] = {"hard": {"pods": "0"}, "used": {"pods": "0"}}
    assert result(world).findings == ()


def test_quota_that_nobody_has_counted_yet_is_unknown(world: World) -> None:
    world.one("resourcequotas", "cortex-mcp")["status"] = {}
    judged = result(world)
    assert (judged.status, judged.findings) == (Status.UNKNOWN, ())
    assert [unknown.what for unknown in judged.unknowns] == [f"read the status of {QUOTA}"]


def test_another_quota_counts_as_well(world: World) -> None:
    extra = {"metadata": {"name": "extra"}, "status": {"hard": {"services": "2"}, "used": {"services": "2"}}}
    world.add("resourcequotas", "cortex-mcp", extra)
    (finding,) = result(world).findings
    assert str(finding.object) == "ResourceQuota cortex-mcp/extra"


def test_missing_quota_is_another_rows_finding(world: World) -> None:
    world.remove("resourcequotas", "cortex-mcp")
    judged = result(world)
    assert (judged.findings, judged.skipped) == ((), 1)


def test_unreadable_quotas_are_unknown(world: World) -> None:
    world.deny("resourcequotas", "cortex-mcp")
    judged = result(world)
    assert (judged.status, len(judged.unknowns)) == (Status.UNKNOWN, 1)


def test_what_pods_use_is_a_fact(world: World) -> None:
    world.usage = Usage({"cortex-mcp": Read(Live(4, 0.25, 1024), 0.1)})
    facts = {(fact.subject, fact.name): fact.value for fact in result(world).facts}
    assert facts == {("cortex-mcp", "cpu_cores"): 0.25, ("cortex-mcp", "memory_bytes"): 1024}


def test_cluster_without_live_metrics_is_a_fact_and_no_unknown(world: World) -> None:
    judged = result(world)
    assert [(fact.subject, fact.name, fact.value) for fact in judged.facts] == [("metrics.k8s.io", "available", False)]
    assert judged.status is Status.PASS


def test_unreadable_live_metrics_are_unknown(world: World) -> None:
    world.usage = Usage({"cortex-mcp": ReadFailure("list pods", Reason.FORBIDDEN, "no")})
    assert result(world).status is Status.UNKNOWN


@pytest.fixture
def api(world: World) -> Iterator[FakeApi]:
    world.tells_usage = True
    with serve(world) as api:
        yield api


def asked(api: FakeApi) -> Usage:
    async def main() -> Usage:
        connection = Connection("test", api.url)
        return await collect(USAGE, api.world.declaration, connection)

    return anyio.run(main)


def test_live_usage_is_summed_for_each_namespace(api: FakeApi) -> None:
    live = asked(api).live
    assert live is not None
    assert {space: reading.value for space, reading in live.items() if isinstance(reading, Read)} == {
        "cortex-system": Live(0, 0.0, 0),
        "cortex-mcp": Live(4, 0.004, 4 * 1024 * 1024),
    }
    assert api.requests[PODS] == 1


def test_account_without_the_right_for_all_asks_each_namespace(api: FakeApi) -> None:
    api.faults[PODS] = [status(403, "no")]
    live = asked(api).live
    assert live is not None
    reading = live["cortex-mcp"]
    assert isinstance(reading, Read)
    assert reading.value.pods == 4


def test_metrics_that_are_away_for_a_moment_are_waited_for(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "patiently", partial(patiently, settle=10, pause=0))
    with stamina.set_testing(True, attempts=1):
        api.faults[PODS] = [status(503, "the server is currently unable to handle the request"), ordinary()]
        live = asked(api).live
    assert live is not None
    assert isinstance(live["cortex-mcp"], Read)
    assert api.requests[PODS] == 2


def test_cluster_without_the_api_has_no_live_usage(api: FakeApi) -> None:
    api.world.tells_usage = False
    assert asked(api) == Usage(None)
    assert api.requests[PODS] == 0
