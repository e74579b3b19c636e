"""The row `health`: what one look can tell of workloads, probe paths and the verifier's runs, and each thing once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from checks.health.check import CHECK
from checks.health.http_probe import Reply
from checks.health.overview import health_report
from checks.health.report import Report, write
from checks.kube.connection import Connection
from checks.kube.reading import Permission, Read, ReadFailure, Reason
from checks.mcp.answer import Answer, Outcome
from checks.results.catalogue import catalogue
from checks.results.conclusion import FINDINGS, OK, UNKNOWN, exit_code
from checks.results.result import Result, Severity, Status
from checks.secrets.wanted import Place
from checks.target import Target
from stacks.model import names
from tests.checks.world import NOW, SETTINGS, Json, World, declared
from tests.checks.written import written

MONITORING = {"component": "monitoring", "description": "Monitoring"}
METRICS = "kube-state-metrics"
ROTATOR = {"image": "registry.test/cortex:1"}


@pytest.fixture
def world() -> World:
    return World(
        declared(
            namespaces={**SETTINGS["namespaces"], "cortex-monitoring": MONITORING},
            kubeStateMetrics={},
            verifier={"image": "registry.test/cortex:1"},
            agent={"image": "registry.test/cortex:1"},
        )
    )


def judged(world: World) -> Result:
    return CHECK.run(world.declaration, world.snapshot())


def codes(world: World) -> list[str]:
    """Judge everything: what one row reports, no other may report again."""
    return sorted(code for code in world.codes() if code != "declaration.differs")


def minutes_ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def container(world: World, prefix: str = "time") -> Json:
    pod = world.one("pods", "cortex-mcp", prefix)
    status: Json = pod["status"]["containerStatuses"][0]
    return status


def restarted(world: World, count: int, age: float, began: float, ended: float, reason: str = "Error") -> None:
    """Let a container have restarted. Age of its pod, and begin and end of its previous run, in minutes ago."""
    world.one("pods", "cortex-mcp", "time")["status"]["startTime"] = minutes_ago(age)
    end = {"exitCode": 1, "reason": reason, "startedAt": minutes_ago(began), "finishedAt": minutes_ago(ended)}
    container(world).update(restartCount=count, lastState={"terminated": end})


def unready(world: World, prefix: str = "time") -> None:
    """Make a pod not ready, and its Deployment know it."""
    world.one("pods", "cortex-mcp", prefix)["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    world.one("deployments", "cortex-mcp", prefix)["status"]["availableReplicas"] = 1


def job(world: World, name: str, began: float, outcome: str | None, code: int = 1, labels: Json | None = None) -> None:
    conditions = [{"type": outcome, "status": "True", "reason": "BackoffLimitExceeded"}] if outcome else []
    status = {"startTime": minutes_ago(began), "conditions": conditions}
    owner = {"kind": "CronJob", "name": "cortex-verify", "controller": True}
    metadata = {"name": name, "labels": labels or names.verifier_labels(), "ownerReferences": [owner]}
    world.add("jobs", "cortex-system", {"metadata": metadata, "status": status})
    ended = {"name": "cortex-verify", "state": {"terminated": {"exitCode": code, "finishedAt": minutes_ago(began)}}}
    pod = {"metadata": {"name": f"{name}-x", "labels": {"batch.kubernetes.io/job-name": name}}}
    world.add("pods", "cortex-system", {**pod, "status": {"phase": "Failed", "containerStatuses": [ended]}})


def test_all_well(world: World) -> None:
    result = judged(world)
    assert (result.status, result.skipped) == (Status.PASS, 0)
    facts = {(fact.subject, fact.name): fact.value for fact in result.facts}
    assert facts["time-mcp-server", "healthy"] == 2
    assert facts["time-mcp-server", "unhealthy"] == 0
    assert facts[METRICS, "healthy"] == 1


@pytest.mark.parametrize(
    ("count", "age", "began", "ended", "found"),
    [
        (6, 5, 1, 0.5, True),
        (5, 5, 1, 0.5, False),  # the threshold itself is no loop
        (6, 20, 1, 0.5, False),  # six in twenty minutes may well be three in ten
        (11, 20, 1, 0.5, True),
        (60, 60, 9, 8, True),
        (60, 60, 11, 1, False),  # the previous run was long: at most one restart in ten minutes
        (60, 600, 2, 1, False),
        (1, 5, 1, 0.5, False),
    ],
)
def test_restart_loop(world: World, count: int, age: float, began: float, ended: float, found: bool) -> None:
    restarted(world, count, age, began, ended)
    assert codes(world) == (["container.restarts"] if found else [])


def test_restart_loop_is_explained(world: World) -> None:
    restarted(world, 6, 5, 1, 0.5)
    (finding,) = judged(world).findings
    assert str(finding.object) == "Pod cortex-mcp/time-mcp-server-5d-0"
    message = "container main restarts again and again, 6 restarts so far, last exit 1 (Error) 30 s ago"
    assert (finding.message, finding.expected, finding.actual) == (message, "at most 5 in 10 min", 6)


def test_declared_thresholds_count() -> None:
    space = {**SETTINGS["namespaces"], "cortex-monitoring": MONITORING}
    alerts = {"restarts": 2, "restartMinutes": 10}
    cluster = {**SETTINGS["cluster"], "customResources": ["PrometheusRule"]}
    world = World(declared(cluster=cluster, namespaces=space, kubeStateMetrics={"alerts": alerts}))
    restarted(world, 3, 5, 1, 0.5)
    assert [finding.expected for finding in judged(world).findings] == ["at most 2 in 10 min"]


@pytest.mark.parametrize(("ended", "found"), [(59, True), (61, False)])
def test_kill_for_lack_of_memory_counts_for_an_hour(world: World, ended: float, found: bool) -> None:
    restarted(world, 1, 600, 500, ended, "OOMKilled")
    assert codes(world) == (["container.oom-killed"] if found else [])


def test_lack_of_memory_explains_its_restarts(world: World) -> None:
    restarted(world, 9, 5, 1, 0.5, "OOMKilled")
    (finding,) = judged(world).findings
    assert finding.message == "container main was killed because it ran out of memory 30 s ago, 9 restarts so far"


def test_container_that_just_ended_for_lack_of_memory_is_seen(world: World) -> None:
    ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": minutes_ago(1)}
    container(world)["state"] = {"terminated": ended}
    assert codes(world) == ["container.oom-killed"]


@pytest.mark.parametrize("reason", ["Error", "OOMKilled"])
def test_unavailable_server_is_one_finding(world: World, reason: str) -> None:
    restarted(world, 9, 5, 1, 0.5, reason)
    container(world)["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    unready(world)
    assert codes(world) == ["server.unavailable"]
    (finding,) = judged(world).findings
    assert f"container main CrashLoopBackOff, last exit 1 ({reason})" in finding.message
    assert judged(world).skipped == 1


def test_trouble_of_a_ready_pod_is_said_beside_the_unready_one(world: World) -> None:
    restarted(world, 9, 5, 1, 0.5)
    status = world.one("deployments", "cortex-mcp", "time")["status"]
    status["availableReplicas"] = 1
    assert codes(world) == ["container.restarts", "server.unavailable"]


@pytest.mark.parametrize(
    ("code", "change"), [("deployment.unavailable", {"availableReplicas": 0}), ("deployment.rollout", {"replicas": 2})]
)
def test_other_deployments_are_judged_too(world: World, code: str, change: dict[str, int]) -> None:
    world.one("deployments", "cortex-monitoring")["status"].update(change)
    (finding,) = judged(world).findings
    assert (finding.code, str(finding.object)) == (code, f"Deployment cortex-monitoring/{METRICS}")


def test_missing_deployment_is_left_to_another_row(world: World) -> None:
    world.remove("deployments", "cortex-monitoring")
    result = judged(world)
    assert (result.findings, result.skipped) == ((), 1)
    assert exit_code((result,), Severity.ERROR) == UNKNOWN


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(503), "HTTP 503"),
        (Reply(400), "HTTP 400"),
        (Reply(199), "HTTP 199"),
        (Reply(None, "no answer within 10 s"), "no answer within 10 s"),
    ],
)
def test_failing_probe_path(world: World, reply: Reply, said: str) -> None:
    world.replies["time"]["/ready"] = reply
    assert codes(world) == ["probe.failing"]
    (finding,) = judged(world).findings
    assert str(finding.object) == "Service cortex-mcp/time-mcp-server"
    assert finding.message == f"pods are ready, but GET /ready (readiness) on port 8080 fails: {said}"


@pytest.mark.parametrize("status", [200, 204, 302, 399])
def test_what_the_kubelet_takes_for_success_is_success(world: World, status: int) -> None:
    world.replies["time"]["/ready"] = Reply(status)
    assert codes(world) == []


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome.UNREACHABLE, "mcp.unreachable"), (Outcome.TIMEOUT, "mcp.timeout")]
)
def test_server_that_is_silent_altogether_is_one_finding(world: World, outcome: Outcome, code: str) -> None:
    world.mcp["time"] = Answer(outcome)
    world.replies["time"] = dict.fromkeys(world.replies["time"], Reply(None, "refused"))
    assert codes(world) == [code]


def test_server_without_ready_pods_need_not_answer(world: World) -> None:
    for pod in world.objects["pods", "cortex-mcp"]:
        pod["status"]["conditions"] = []
    for deployment in world.objects["deployments", "cortex-mcp"]:
        deployment["status"]["availableReplicas"] = 0
    for kind, replies in world.replies.items():
        world.mcp[kind] = Answer(Outcome.UNREACHABLE)
        world.replies[kind] = dict.fromkeys(replies, Reply(None, "no endpoints available"))
    assert codes(world) == ["server.unavailable", "server.unavailable"]


def test_forbidden_probe_is_unknown_and_names_the_right(world: World) -> None:
    permission = Permission("get", "services/proxy", "cortex-mcp")
    world.replies["time"]["/ready"] = ReadFailure("GET /ready", Reason.FORBIDDEN, "denied", permission)
    result = judged(world)
    assert (result.findings, result.status) == ((), Status.UNKNOWN)
    assert [unknown.permission for unknown in result.unknowns] == [permission]


def test_suspended_verifier(world: World) -> None:
    world.one("cronjobs", "cortex-system")["spec"]["suspend"] = True
    (finding,) = world.findings()
    assert (finding.code, str(finding.object)) == ("verifier.suspended", "CronJob cortex-system/cortex-verify")


def test_suspended_rotator() -> None:
    world = World(declared(rotator=ROTATOR))
    journal = Place("cortex-system", names.ROTATION_JOURNAL)
    world.secrets = replace(world.secrets, secrets={journal: Read(None, 0.01)})
    world.one("cronjobs", "cortex-system")["spec"]["suspend"] = True
    (finding,) = (one for one in world.findings() if not one.code.startswith("secret."))
    assert (finding.code, str(finding.object)) == ("rotator.suspended", "CronJob cortex-system/cortex-rotate")


def test_latest_rotation_that_failed_is_a_warning_until_one_succeeds() -> None:
    world = World(declared(rotator=ROTATOR, verifier=ROTATOR))
    job(world, "cortex-rotate-1", 60, "Failed", labels=names.rotator_labels())
    job(world, "cortex-verify-1", 30, "Complete", code=0)
    (finding,) = judged(world).findings
    assert (finding.code, str(finding.object)) == ("rotator.failed", "Job cortex-system/cortex-rotate-1")
    assert finding.severity is Severity.WARNING
    assert "exit code 1: a new value does not work, and the old one is back" in finding.message
    job(world, "cortex-rotate-2", 10, "Complete", code=0, labels=names.rotator_labels())
    assert judged(world).findings == ()


def test_latest_run_that_failed_is_a_warning_with_its_exit_code(world: World) -> None:
    job(world, "cortex-verify-1", 60, "Complete", code=0)
    job(world, "cortex-verify-2", 30, "Failed", code=3)
    job(world, "cortex-verify-3", 1, None)
    (finding,) = judged(world).findings
    assert (finding.code, str(finding.object)) == ("verifier.failed", "Job cortex-system/cortex-verify-2")
    assert finding.message == "the verifier's latest run failed: exit code 3: something could not be checked"
    # Inside the cluster an error here would make every later run fail because of the first one.
    assert finding.severity is Severity.WARNING


def test_run_whose_pod_is_gone_tells_its_condition(world: World) -> None:
    job(world, "cortex-verify-2", 30, "Failed")
    world.remove("pods", "cortex-system", "cortex-verify-2")
    (finding,) = judged(world).findings
    assert finding.message == "the verifier's latest run failed: BackoffLimitExceeded"


def test_failure_before_a_good_run_is_history(world: World) -> None:
    job(world, "cortex-verify-1", 60, "Failed")
    job(world, "cortex-verify-2", 30, "Complete", code=0)
    assert judged(world).findings == ()


@pytest.mark.parametrize(
    ("code", "change"), [("deployment.unavailable", {"availableReplicas": 0}), ("deployment.rollout", {"replicas": 3})]
)
def test_the_agent_is_judged_like_other_deployments(world: World, code: str, change: dict[str, int]) -> None:
    world.one("deployments", "cortex-system", names.AGENT)["status"].update(change)
    (finding,) = judged(world).findings
    assert (finding.code, str(finding.object)) == (code, f"Deployment cortex-system/{names.AGENT}")


def test_an_agent_that_restarts_again_and_again(world: World) -> None:
    pod = world.one("pods", "cortex-system", names.AGENT)
    end = {"exitCode": 1, "reason": "Error", "startedAt": minutes_ago(2), "finishedAt": minutes_ago(1)}
    pod["status"]["startTime"] = minutes_ago(9)
    pod["status"]["containerStatuses"][0].update(restartCount=6, lastState={"terminated": end})
    (finding,) = judged(world).findings
    assert (finding.code, finding.object.name) == ("container.restarts", pod["metadata"]["name"])


def test_runs_that_cannot_be_read_are_unknown(world: World) -> None:
    world.deny("jobs", "cortex-system")
    result = judged(world)
    assert [unknown.what for unknown in result.unknowns] == [
        "list jobs in cortex-system",
    ]


def test_every_code_of_the_row_is_provoked_here() -> None:
    text = Path(__file__).read_text()
    families = {"container", "deployment", "probe", "verifier"}
    assert [code for code in catalogue() if code.split(".")[0] in families and f'"{code}"' not in text] == []


def shown(world: World) -> Report:
    return health_report(Target("test", world.declaration, Connection("test", "https://api")), world.snapshot())


def test_report_counts_and_says_the_last_trouble(world: World) -> None:
    restarted(world, 1, 600, 500, 90)
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "time-mcp-server-5d-0"},
        "reason": "Unhealthy",
        "message": "probe\nfailed",
        "count": 3,
        "lastTimestamp": minutes_ago(20),
    }
    world.add("events", "cortex-mcp", event)
    seen = shown(world)
    time = next(one for one in seen.workloads if one.type == "time")
    assert (time.replicas, time.healthy, time.unhealthy, time.restarts) == (2, 2, 0, 1)
    assert time.trouble == "20 min ago: Unhealthy: probe failed"
    assert [(warning.object, warning.count) for warning in time.warnings] == [
        ("Pod cortex-mcp/time-mcp-server-5d-0", 3)
    ]
    assert [(point.path, point.probes, point.status) for point in time.endpoints] == [
        ("/health", "liveness", 200),
        ("/ready", "readiness", 200),
        ("/startup", "startup", 200),
    ]
    end = time.pods[0].containers[0].last_exit
    assert end is not None
    assert (end.code, end.reason, end.at) == (1, "Error", NOW - timedelta(minutes=90))
    assert seen.exit_code == OK
    line = next(line for line in written(write, seen).splitlines() if line.startswith("time-mcp-server"))
    endpoints = "/health 200, /ready 200, /startup 200"
    assert endpoints in line
    assert line.endswith("20 min ago: Unhealthy: probe failed")


def test_report_of_a_missing_deployment_fails(world: World) -> None:
    world.remove("deployments", "cortex-monitoring")
    seen = shown(world)
    assert seen.exit_code == FINDINGS
    assert METRICS in written(write, seen)
    assert "missing" in written(write, seen)


def test_report_of_what_cannot_be_read_is_unknown(world: World) -> None:
    world.deny("pods", "cortex-mcp")
    seen = shown(world)
    assert seen.exit_code == UNKNOWN
    time = next(one for one in seen.workloads if one.type == "time")
    assert (time.healthy, time.unhealthy, time.restarts) == (None, None, None)
    assert "Could not be checked\n  forbidden  denied" in written(write, seen)
    assert "?/2" in written(write, seen)
