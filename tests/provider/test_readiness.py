from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from provider.await_ready import timeout
from provider.errors import ApiError, ProviderError, UnreachableError
from provider.kinds import Kind
from tests.provider.fakes import CONFIG_MAP, DEPLOYMENT, JOB, POD, SERVICE, FakeApi, Lifecycle, declared

if TYPE_CHECKING:
    from provider.properties import Object


def status(**fields: Any) -> Object:
    return {"status": fields}


def condition(name: str, value: str = "True", **fields: str) -> Object:
    return {"type": name, "status": value, **fields}


AVAILABLE = [condition("Progressing", reason="NewReplicaSetAvailable"), condition("Available")]
ONE, SEEN = {"replicas": 1}, {"observedGeneration": 1}
ROLLED, SCALING = ({"replicas": n, "updatedReplicas": n, "availableReplicas": 1} for n in (1, 3))
STATEFUL_SET, DAEMON_SET = Kind("apps", "v1", "StatefulSet"), Kind("apps", "v1", "DaemonSet")
CLAIM, VOLUME = Kind("", "v1", "PersistentVolumeClaim"), Kind("", "v1", "PersistentVolume")
INGRESS, TOKEN = Kind("networking.k8s.io", "v1", "Ingress"), {"type": "kubernetes.io/service-account-token"}
FULL = {"replicas": 1, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "a"}
SCHEDULED = {"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": 1}
ADDRESS = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}
PATHS = [{"backend": {"service": {"name": "here"}}}, {"backend": {"resource": {}}}]
MISSING = [{"backend": {"service": {"name": "x"}}}]
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
DEFINITION = Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
CASES: list[tuple[Kind, Object, Object, str]] = [
    (DEPLOYMENT, ONE, status(**SEEN, **ROLLED, conditions=AVAILABLE), ""),
    (DEPLOYMENT, {"replicas": 0}, status(**SEEN, conditions=AVAILABLE), ""),
    (DEPLOYMENT, ONE, status(observedGeneration=0, **ROLLED, conditions=AVAILABLE), "has not observed"),
    (DEPLOYMENT, {"replicas": 3}, status(**SEEN, **SCALING, conditions=AVAILABLE), "1 of 3 replicas are available"),
    (DEPLOYMENT, ONE, status(**SEEN, **ROLLED | {"replicas": 2}, conditions=AVAILABLE), "that still exist: 1"),
    (DEPLOYMENT, ONE, status(observedGeneration=1, updatedReplicas=0, conditions=AVAILABLE), "0 of 1 replicas"),
    (DEPLOYMENT, ONE, status(observedGeneration=1, conditions=None), "0 of 1 replicas"),
    (DEPLOYMENT, ONE, status(**SEEN, conditions=[condition("Progressing", message="still going")]), "still going"),
    (STATEFUL_SET, ONE, status(**SEEN, **FULL), ""),
    (STATEFUL_SET, ONE, status(**FULL), "has not observed"),
    (STATEFUL_SET, ONE, status(**SEEN, **FULL | {"readyReplicas": 0}), "0 of 1 replicas are ready"),
    (STATEFUL_SET, ONE, status(**SEEN, **FULL | {"updateRevision": "b"}), "0 of 1 replicas are updated"),
    (STATEFUL_SET, ONE | ON_DELETE, status(**SEEN, **FULL | {"updateRevision": "b"}), ""),
    (DAEMON_SET, {}, status(**SEEN, **SCHEDULED, numberAvailable=1), ""),
    (DAEMON_SET, {}, status(**SEEN, **SCHEDULED), "numberAvailable is 0 of 1"),
    (DAEMON_SET, {}, status(), "has not observed"),
    (Kind("", "v1", "ReplicationController"), ONE, status(availableReplicas=1), ""),
    (Kind("", "v1", "ReplicationController"), ONE, {}, "0 of 1 replicas"),
    (JOB, {}, status(conditions=[condition("Complete")]), ""),
    (JOB, {}, status(), "has not completed"),
    (JOB, {}, status(conditions=[condition("Failed", message="backoff limit")]), "failed: backoff limit"),
    (POD, {}, status(phase="Running", conditions=[condition("Ready")]), ""),
    (POD, {}, status(phase="Succeeded"), ""),
    (POD, {}, status(phase="Failed", reason="Evicted"), "failed: Evicted"),
    (POD, {}, status(phase="Pending"), "it is Pending"),
    (SERVICE, {"selector": {"a": "b"}}, {}, "no pod matches its selector a=b"),
    (SERVICE, {"selector": {"a": "b"}, "clusterIP": "None"}, {}, ""),
    (SERVICE, {"selector": {"a": "b"}, "type": "ExternalName"}, {}, ""),
    (SERVICE, {"type": "LoadBalancer"}, {}, "no load-balancer address"),
    (SERVICE, {"type": "LoadBalancer"}, status(**ADDRESS), ""),
    (SERVICE, {}, {}, ""),
    (INGRESS, {}, {}, "no address"),
    (INGRESS, {"rules": [{"http": {"paths": PATHS}}, {}]}, status(**ADDRESS), ""),
    (INGRESS, {"rules": [{"http": {"paths": MISSING}}]}, status(**ADDRESS), "no Service ns/x"),
    (CLAIM, {"storageClassName": "late"}, status(phase="Pending"), ""),
    (CLAIM, {"storageClassName": "soon"}, status(phase="Pending"), "it is Pending, not bound"),
    (CLAIM, {}, status(phase="Bound"), ""),
    (VOLUME, {}, status(phase="Available"), ""),
    (VOLUME, {}, status(phase="Failed"), "it is Failed"),
    (Kind("", "v1", "ResourceQuota"), {"hard": {"pods": "1"}}, {}, "not in force"),
    (Kind("", "v1", "ResourceQuota"), {"hard": {"pods": "1"}}, status(hard={"pods": "1"}), ""),
    (Kind("", "v1", "Secret"), {}, TOKEN, "it has no token yet"),
    (Kind("", "v1", "Secret"), {}, TOKEN | {"data": {"token": "x"}}, ""),
    (Kind("", "v1", "Secret"), {}, {}, ""),
    (DEFINITION, {}, status(conditions=None), "not established"),
    (DEFINITION, {}, status(conditions=[condition("Established")]), ""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "spec", "live", "unready"), CASES)
def test_when_an_object_is_ready(
    lifecycle: Lifecycle, api: FakeApi, kind: Kind, spec: Object, live: Object, unready: str
) -> None:
    lifecycle.cancelled.set()
    api.has(declared(SERVICE, metadata={"name": "here"}))
    late = {"volumeBindingMode": "WaitForFirstConsumer"}
    api.objects |= {
        "/apis/storage.k8s.io/v1/storageclasses/late": late,
        "/apis/storage.k8s.io/v1/storageclasses/soon": {},
    }
    api.defaults = live
    state = lifecycle.create(kind, declared(kind, spec=spec), 60)
    assert unready in state.unready
    assert bool(unready) == bool(state.unready)
    assert state.id in ("ns/a", "a")


def event(kind: str, name: str, reason: str, time: str, **more: str) -> Object:
    about = {"kind": kind, "name": name}
    return {"involvedObject": about, "type": "Warning", "reason": reason, "message": "m", "lastTimestamp": time} | more


FAILED = [{"type": "Failed", "status": "True", "message": "its pods failed"}]


def test_a_service_is_ready_when_all_its_endpoints_are(lifecycle: Lifecycle, api: FakeApi) -> None:
    slices = api.lists["/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices"] = [{"endpoints": None}]
    lifecycle.cancelled.set()
    service = declared(SERVICE, spec={"selector": {"a": "b"}})
    slices.append({"endpoints": [{"conditions": {"ready": False}}, {"conditions": {}}]})
    assert "1 of its 2 endpoints are not ready" in lifecycle.create(SERVICE, service, 60).unready
    slices.pop()
    slices.append({"endpoints": [{"conditions": {}}, {"conditions": {"ready": False, "terminating": True}}]})
    assert not lifecycle.create(SERVICE, service, 60).unready


def test_a_wait_outlives_a_restart_of_the_api_server(
    lifecycle: Lifecycle, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = status(conditions=[condition("Complete")])
    api.refused_once["GET"] = [UnreachableError("restarting"), ApiError("starting", status=503)]
    job = declared(JOB)

    def told(text: str) -> None:
        lifecycle.log.statuses.append(text)
        api.has({**job, "metadata": {**job["metadata"], "generation": 1}, **done})

    monkeypatch.setattr(lifecycle.log, "status", told)
    assert not lifecycle.create(JOB, job, 60).unready
    assert "waiting: restarting" in lifecycle.log.statuses
    assert lifecycle.log.statuses[-1] == ""


@pytest.mark.parametrize(
    ("expression", "unmet"),
    [
        ("condition=Ready", ""),
        ("condition=Ready=False", "condition Ready is True"),
        ("condition=Other", "condition Other is absent"),
        ("jsonpath={.status.phase}", ""),
        ("jsonpath={.status.phase}=Running", ""),
        ("jsonpath={$.status.phase}=Failed", ".status.phase is Running"),
        ("jsonpath={.status.absent}", ".status.absent selects nothing"),
        ("jsonpath={.status.list[1]}=2", ""),
        ("jsonpath={.status['flag']}=true", ""),
        ('jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', ""),
        ('["condition=Ready", "jsonpath={.status.list[*]}=3"]', ".status.list[*] is 1"),
    ],
)
def test_an_annotation_says_what_to_wait_for(lifecycle: Lifecycle, api: FakeApi, expression: str, unmet: str) -> None:
    lifecycle.cancelled.set()
    conditions = [condition("Ready")]
    api.defaults = status(phase="Running", list=[1, 2], flag=True, conditions=conditions)
    annotated = declared(CONFIG_MAP, metadata={"annotations": {"pulumi.com/waitFor": expression}})
    unready = lifecycle.create(CONFIG_MAP, annotated, 60).unready
    assert unready.endswith(unmet)
    assert bool(unready) == bool(unmet)


@pytest.mark.parametrize("expression", ["Ready", "jsonpath=.status", "jsonpath={.a[}", "[1]"])
def test_a_mistake_in_what_to_wait_for_is_told_before_anything_is_written(
    lifecycle: Lifecycle, api: FakeApi, expression: str
) -> None:
    with pytest.raises(ProviderError, match="waitFor"):
        lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP, metadata={"annotations": {"pulumi.com/waitFor": expression}}))
    assert api.writes == []


@pytest.mark.parametrize(
    "live",
    [
        {"spec": {"selector": "a=b"}, "status": {"conditions": {"Ready": "True"}}},
        {"spec": "text", "status": ["text"]},
        {"spec": {"selector": {"matchLabels": "a"}}, "status": {"conditions": ["Ready"], "observedGeneration": "1"}},
    ],
)
def test_a_custom_object_of_any_shape_is_awaited(lifecycle: Lifecycle, live: Object) -> None:
    annotations = {"pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "0"}
    state = lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP, metadata={"annotations": annotations}, **live))
    assert state.unready == "ConfigMap ns/a is not ready after 0 s: condition Ready is absent"


def test_whatever_goes_wrong_while_waiting_the_object_is_kept(lifecycle: Lifecycle, api: FakeApi) -> None:
    api.refusals["GET"] = ValueError("a surprise")
    api.defaults = status(phase="Pending")
    state = lifecycle.create(CLAIM, declared(CLAIM, spec={"storageClassName": "late"}))
    assert state.id == "ns/a"
    assert state.unready == "PersistentVolumeClaim ns/a was written, but waiting for it failed: a surprise"


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
    message = "Readiness probe failed: HTTP probe failed with statuscode: 503"
    running = {"name": "main", "ready": False, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    pod["status"] = {"phase": "Running", "containerStatuses": [running]}
    api.lists["/api/v1/namespaces/ns/events"].append(event("Pod", "a-0", "Unhealthy", "3", message=message))
    found = lifecycle.create(DEPLOYMENT, workload(DEPLOYMENT)).unready
    assert "; container main of pod a-0 runs, but is not ready; " in found
    assert found.endswith(f"last warning (Pod a-0): Unhealthy: {message}")


@pytest.mark.parametrize(("reason", "unready"), [("Completed", ""), ("Suspended", "was deleted during the wait")])
def test_a_job_that_went_away_counts_as_its_events_say(
    lifecycle: Lifecycle, api: FakeApi, reason: str, unready: str
) -> None:
    api.lists["/api/v1/namespaces/ns/events"] = [
        {**event("Job", "a", reason, "1"), "involvedObject": {"uid": "u1"}},
        {**event("Job", "a", "Completed", "1"), "involvedObject": {"uid": "its predecessor"}},
    ]
    api.refused_once["GET"] = [ApiError("gone", status=404, reason="NotFound")]
    found = lifecycle.create(JOB, declared(JOB, spec={"ttlSecondsAfterFinished": 0})).unready
    assert unready in found
    assert bool(found) == bool(unready)


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


def test_an_object_is_awaited_as_its_annotations_say(lifecycle: Lifecycle) -> None:
    skipped = declared(JOB, metadata={"annotations": {"pulumi.com/skipAwait": "true"}})
    assert lifecycle.create(JOB, skipped, 0).unready == ""
    annotated = {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "5"}}}
    assert (timeout({}, 0), timeout(annotated, 0), timeout(annotated, 7)) == (600, 5, 7)


def test_cancelling_ends_a_wait_and_keeps_the_object(lifecycle: Lifecycle) -> None:
    threading.Timer(0.05, lifecycle.cancelled.set).start()
    state = lifecycle.create(JOB, declared(JOB), 60)
    assert state.id == "ns/a"
    assert state.unready == "Job ns/a is not ready, and waiting was cancelled: it has not completed"
    assert "waiting: it has not completed" in lifecycle.log.statuses
