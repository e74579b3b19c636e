"""The Jobs of probe pods, and the reports that their pods leave."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest

from checks.kube import models as k8s
from checks.kube.connection import Connection
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.network import collect as network
from checks.network import probe_job
from checks.network.callers import Caller, callers
from checks.network.check import CHECK
from checks.network.collect import ATTEMPTS, Outcome
from checks.results.result import Status
from checks.snapshot.take import take
from checks.verification.checks import checks
from tests.checks.collecting import collect
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.probing import CLIENT, ONE, TIME, TWO, UNDECLARED, VERIFIER, collect_attempts, stack
from tests.checks.world import SETTINGS, Json, World, declared
from tests.components.test_restricted import violations

JOBS = "/apis/batch/v1/namespaces/{}/jobs"
FORBIDDEN = ReadFailure("list nodes", Reason.FORBIDDEN, "no")


def reporting(api: FakeApi, message: str, exit_code: int = 0) -> None:
    """End the pods of Jobs with this message."""

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
    collected = collect_attempts(
        World(declaration), inside=False, prepare=lambda api: reporting(api, '{"alive": true, "outcomes": ["refused"]}')
    )
    assert set(collected.attempts) == {CLIENT, VERIFIER, UNDECLARED}
    for attempt in collected.attempts.values():
        assert isinstance(attempt, Read)
        assert attempt.value == {TIME: Outcome.REFUSED}


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
    collected = collect_attempts(world, inside=False, prepare=lambda api: reporting(api, message, code))
    for attempt in collected.attempts.values():
        assert isinstance(attempt, ReadFailure)
        assert (attempt.reason, sentence in attempt.message) == (reason, True), attempt.message
    world.network = collected
    assert CHECK.run(world.declaration, world.snapshot()).status is Status.UNKNOWN


def test_pod_that_never_reports_is_unknown_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "REPORT_SECONDS", 0.5)
    monkeypatch.setattr(network, "PAUSE_SECONDS", 0.1)
    world = World(stack({"namespace": "cortex-system"}))
    world.objects["pods", "cortex-mcp"] = []
    world.objects["pods", "cortex-system"] = []
    world.add("events", "cortex-mcp", {"metadata": {"name": "e"}, "message": "exceeded quota"})
    collected = collect_attempts(world, inside=False)
    attempt = collected.attempts[UNDECLARED]
    assert isinstance(attempt, ReadFailure)
    assert attempt.reason is Reason.TIMEOUT
    assert attempt.message == "the probe pod did not report within 0.5 s: exceeded quota"


def test_account_that_may_not_make_jobs_is_told_what_it_lacks() -> None:
    def forbid(api: FakeApi) -> None:
        api.faults[JOBS.format("cortex-mcp")] = [status(403, "no")]
        api.faults[JOBS.format("cortex-system")] = [status(403, "no")]

    collected = collect_attempts(World(stack({"namespace": "cortex-system"})), inside=False, prepare=forbid)
    attempt = collected.attempts[UNDECLARED]
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
    """Return the Jobs of a declaration's callers."""
    return made(TWO)


def made(nodes: Reading[tuple[k8s.Node, ...]]) -> dict[Caller, Any]:
    """Return the Jobs of a declaration's callers in a cluster of these nodes."""
    found: dict[str, Json] = {}
    declaration = stack({"namespace": "cortex-system"})

    def keep(api: FakeApi) -> None:
        reporting(api, '{"alive": true, "outcomes": ["refused"]}')
        end = api.on_create

        def both(path: str, job: Json) -> None:
            found[job["metadata"]["name"]] = job
            end(path, job)

        api.on_create = both

    collect_attempts(World(declaration), inside=False, prepare=keep, nodes=nodes)
    by_number = sorted(found.values(), key=lambda job: str(job["metadata"]["name"]))
    return dict(zip(callers(declaration), by_number, strict=True))


def test_pods_are_restricted_short_lived_and_fit_their_namespace(jobs: dict[Caller, Any]) -> None:
    limits = declared().namespaces["cortex-mcp"].limits
    assert limits is not None
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
    container = jobs[UNDECLARED]["spec"]["template"]["spec"]["containers"][0]
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
