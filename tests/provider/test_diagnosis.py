"""Messages about objects that are not ready: containers, warnings and termination messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.provider.fakes import DEPLOYMENT, FAILED, JOB, STATEFUL_SET, FakeApi, Lifecycle, declared, event

if TYPE_CHECKING:
    from provider.kinds import Kind
    from provider.properties import Object


def test_a_failed_await_names_the_container_and_the_last_warning(lifecycle: Lifecycle, api: FakeApi) -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "no such image"}
    containers = [{"name": "good", "ready": True, "state": {}}, {"name": "bad", "state": {"waiting": waiting}}]
    pod = {"metadata": {"name": "a-1-x", "creationTimestamp": "1"}, "status": {"containerStatuses": containers}}
    api.lists["/api/v1/namespaces/ns/pods"] = [pod]
    other = event("Pod", "b", "Other", "3")
    api.lists["/api/v1/namespaces/ns/events"] = [
        *[other] * 600, event("Pod", "a-1-x", "Old", "1"), event("Pod", "a-1-x", "New", "2"),
        event("Pod", "a-1-x", "Pulled", "3", type="Normal"),
    ]  # fmt: skip
    deployment = declared(
        DEPLOYMENT,
        metadata={"annotations": {"pulumi.com/timeoutSeconds": "0"}},
        spec={"replicas": 1, "selector": {"matchLabels": {"a": "b"}}},
    )
    assert lifecycle.create(DEPLOYMENT, deployment, 0).unready == (
        "Deployment ns/a is not ready after 0 s: its controller has not observed this version yet;"
        " container bad of pod a-1-x waits: ImagePullBackOff no such image; last warning (Pod a-1-x): New: m"
    )


def workload(kind: Kind, **metadata: Any) -> Object:
    annotations = {"pulumi.com/timeoutSeconds": "0"}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}}
    return declared(kind, metadata={"annotations": annotations, **metadata}, spec=spec)


def test_a_failed_await_names_the_quota(lifecycle: Lifecycle, api: FakeApi) -> None:
    message = 'pods "a-7d4b9c" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'
    api.lists["/api/v1/namespaces/ns/events"] = [
        event("ReplicaSet", "a-7d4b9c", "FailedCreate", "2", message=message),
        event("ReplicaSet", "another-7d4b9c", "FailedCreate", "3"),
        event("ReplicaSet", "a-b-7d4b9c", "FailedCreate", "4"),
    ]
    found = lifecycle.create(DEPLOYMENT, workload(DEPLOYMENT)).unready
    assert found.endswith(f"; last warning (ReplicaSet a-7d4b9c): FailedCreate: {message}")
    api.lists["/api/v1/namespaces/ns/events"] = [event("StatefulSet", "a", "FailedCreate", "2", message=message)]
    found = lifecycle.create(STATEFUL_SET, workload(STATEFUL_SET, name="a")).unready
    assert found.endswith(f"; last warning (StatefulSet a): FailedCreate: {message}")


def test_a_failed_await_names_scheduling_and_probe(lifecycle: Lifecycle, api: FakeApi) -> None:
    message = "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available"
    pod: Object = {"metadata": {"name": "a-0", "creationTimestamp": "1"}, "status": {"phase": "Pending"}}
    api.lists["/api/v1/namespaces/ns/pods"] = [pod]
    api.lists["/api/v1/namespaces/ns/events"] = [event("Pod", "a-0", "FailedScheduling", "2", message=message)]
    found = lifecycle.create(STATEFUL_SET, workload(STATEFUL_SET)).unready
    assert found.endswith(f"; last warning (Pod a-0): FailedScheduling: {message}")
    pod["status"]["conditions"] = [unscheduled(f"{message}: 3 No preemption victims found for incoming pod.")]
    found = lifecycle.create(STATEFUL_SET, workload(STATEFUL_SET)).unready
    assert found.endswith("; pod a-0 has no node: 0/3 nodes are available: 3 Insufficient memory")
    message = "Readiness probe failed: HTTP probe failed with statuscode: 503"
    running = {"name": "main", "ready": False, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    pod["status"] = {"phase": "Running", "containerStatuses": [running]}
    api.lists["/api/v1/namespaces/ns/events"].append(event("Pod", "a-0", "Unhealthy", "3", message=message))
    found = lifecycle.create(DEPLOYMENT, workload(DEPLOYMENT)).unready
    assert "; container main of pod a-0 runs, but is not ready; " in found
    assert found.endswith(f"last warning (Pod a-0): Unhealthy: {message}")


def unscheduled(message: str) -> Object:
    return {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}


def test_a_pod_without_a_node_is_told_whatever_else_happens(lifecycle: Lifecycle, api: FakeApi) -> None:
    full: Object = {"metadata": {"name": "a-full", "creationTimestamp": "1"}}
    full["status"] = {"phase": "Pending", "conditions": [unscheduled("0/1 nodes are available: 1 Insufficient cpu.")]}
    starting = {"name": "main", "ready": False, "state": {"running": {}}}
    newer = [{"metadata": {"name": f"a-{n}", "creationTimestamp": f"{n}"}} for n in range(2, 6)]
    api.lists["/api/v1/namespaces/ns/pods"] = [
        full, *({**pod, "status": {"containerStatuses": [starting]}} for pod in newer)
    ]  # fmt: skip
    api.lists["/api/v1/namespaces/ns/events"] = [event("Pod", "a-5", "Unhealthy", "9")]
    found = lifecycle.create(DEPLOYMENT, workload(DEPLOYMENT)).unready
    assert found.endswith(
        "; pod a-full has no node: 0/1 nodes are available: 1 Insufficient cpu;"
        " container main of pod a-5 runs, but is not ready; last warning (Pod a-5): Unhealthy: m"
    )


ENDED = {"exitCode": 1, "reason": "Error", "message": "a table\n\n1 finding: server.replicas\n"}


def has_a_pod_that_ended(api: FakeApi, **ended: Any) -> None:
    containers = [{"name": "verify", "state": {"terminated": ENDED | ended}}]
    pod = {"metadata": {"name": "a-x", "creationTimestamp": "1"}, "status": {"containerStatuses": containers}}
    api.lists["/api/v1/namespaces/ns/pods"] = [pod]


def failed_job() -> Object:
    return declared(JOB, spec={"selector": {"matchLabels": {"a": "b"}}}, status={"conditions": FAILED})


def test_a_container_that_ended_says_its_last_words(lifecycle: Lifecycle, api: FakeApi) -> None:
    has_a_pod_that_ended(api)
    found = lifecycle.create(DEPLOYMENT, workload(DEPLOYMENT)).unready
    assert found.endswith("; container verify of pod a-x ended with code 1 (Error): 1 finding: server.replicas")


def test_a_failed_job_shows_the_whole_termination_message_of_its_pod(lifecycle: Lifecycle, api: FakeApi) -> None:
    has_a_pod_that_ended(api)
    assert lifecycle.create(JOB, failed_job(), 0).unready == ("Job ns/a failed:\na table\n\n1 finding: server.replicas")
    has_a_pod_that_ended(api, message="x" * 2000 + "the end")
    assert lifecycle.create(JOB, failed_job(), 0).unready == f"Job ns/a failed:\n…{'x' * 1493}the end"


@pytest.mark.parametrize("ended", [{"message": " \n"}, {"exitCode": 0}])
def test_a_failed_job_without_a_termination_message_shows_its_condition(
    lifecycle: Lifecycle, api: FakeApi, ended: Object
) -> None:
    has_a_pod_that_ended(api, **ended)
    found = lifecycle.create(JOB, failed_job(), 0).unready
    assert found.startswith("Job ns/a failed: its pods failed")
