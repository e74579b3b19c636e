"""Stuck pods, as opposed to pods that are only slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from provider import await_ready
from provider.cluster import Cluster
from provider.errors import ApiError
from provider.stuck_pods import Blockages, BlockageTimer, find_blockages
from tests.provider.fakes import DEPLOYMENT, JOB, FakeApi, Lifecycle, declared

if TYPE_CHECKING:
    from provider.api import Api
    from provider.properties import Object

PODS, SETS, EVENTS = (
    "/api/v1/namespaces/ns/pods",
    "/apis/apps/v1/namespaces/ns/replicasets",
    "/api/v1/namespaces/ns/events",
)
SELECTOR = {"matchLabels": {"a": "b"}}
WANTED: Object = {
    "metadata": {"uid": "d", "annotations": {"deployment.kubernetes.io/revision": "2"}},
    "spec": {"selector": SELECTOR, "replicas": 1},
}


def replica_set(uid: str, revision: str, **status: Any) -> Object:
    annotations = {"deployment.kubernetes.io/revision": revision}
    metadata = {"uid": uid, "annotations": annotations, "ownerReferences": [{"uid": "d"}]}
    return {"metadata": metadata, "spec": {"selector": SELECTOR}, "status": status}


def container(reason: str = "", *, restarts: int = 0, ready: bool = False, state: Object | None = None) -> Object:
    shown: Object = {"waiting": {"reason": reason}} if reason else state or {"running": {}}
    return {"name": "c", "ready": ready, "restartCount": restarts, "state": shown}


def pod(*containers: Object, **status: Any) -> Object:
    metadata = {"name": "a-x", "uid": "p", "creationTimestamp": "1"}
    return {"metadata": metadata, "status": {"containerStatuses": [*containers], **status}}


def unschedulable(message: str) -> Object:
    why = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return pod(conditions=[why])


def event(uid: str, reason: str, message: str = "", kind: str = "Warning") -> Object:
    about = {"uid": uid, "kind": "Pod", "name": "a-x"}
    return {"involvedObject": about, "type": kind, "reason": reason, "message": message, "lastTimestamp": "1"}


def found(api: FakeApi, *pods: Object, **status: Any) -> Blockages:
    api.lists[SETS] = [
        replica_set("r1", "1"),
        replica_set("r2", "2", **status),
        {**replica_set("r3", "2"), "metadata": {}},
    ]
    api.lists[PODS] = [*pods]
    cluster = Cluster(cast("Api", api), "default")
    return find_blockages(cluster, cluster.find(DEPLOYMENT, "ns/a"), declared(DEPLOYMENT, **WANTED))


NOWHERE = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. "
EVER = "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
FULL = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found"
DOWN = f"0/1 nodes are available: 1 node(s) had untolerated taint {{node.kubernetes.io/not-ready: }}. {EVER}"


@pytest.mark.parametrize(
    ("one", "tolerated"),
    [
        (container("InvalidImageName"), 0),
        (container("ErrImagePull"), 25),
        (container("ImagePullBackOff"), 25),
        (container("ErrImageNeverPull"), 25),
        (container("CreateContainerConfigError"), 40),
        (container("CrashLoopBackOff", restarts=2), 40),
        (container(state={"terminated": {"exitCode": 1}}, restarts=3), 40),
        (container("CrashLoopBackOff", restarts=1), float("inf")),
        (container(restarts=5), float("inf")),
        (container(restarts=5, ready=True), None),
        (container("ContainerCreating"), None),
        (container("PodInitializing"), None),
        (container(), None),
    ],
)
def test_the_reason_of_waiting_decides_how_long_it_is_tolerated(
    api: FakeApi, one: Object, tolerated: float | None
) -> None:
    assert found(api, pod(one)) == ({} if tolerated is None else {"p/c": tolerated})


@pytest.mark.parametrize(
    ("message", "reason", "is_held_up"),
    [
        (NOWHERE + EVER, "FailedScheduling", True),
        (NOWHERE + EVER, "TriggeredScaleUp", False),
        (FULL, "FailedScheduling", False),
        (DOWN, "FailedScheduling", False),
        ("no nodes available to schedule pods", "FailedScheduling", False),
    ],
)
def test_a_pod_that_no_node_can_ever_run_is_blocked(api: FakeApi, message: str, reason: str, is_held_up: bool) -> None:
    api.lists[EVENTS] = [event("p", reason)]
    assert bool(found(api, unschedulable(message))) == is_held_up


def test_a_full_node_is_told_during_the_wait(
    lifecycle: Lifecycle, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(await_ready, "_DIAGNOSIS_INTERVAL", 0)
    api.lists[SETS], api.lists[PODS] = [replica_set("r2", "2")], [unschedulable(FULL)]
    api.lists[EVENTS] = [event("p", "FailedScheduling", FULL)]
    lifecycle.cancelled.set()
    assert "waiting was cancelled" in lifecycle.create(DEPLOYMENT, declared(DEPLOYMENT, **WANTED), 60).unready
    (told,) = lifecycle.log.statuses
    assert told.endswith("; pod a-x has no node: 0/1 nodes are available: 1 Insufficient cpu")


def test_a_volume_without_a_source_blocks_a_pod_and_a_slow_one_does_not(api: FakeApi) -> None:
    api.lists[EVENTS] = [event("p", "FailedMount", "timed out"), event("p", "FailedAttachVolume", "not found")]
    assert found(api, pod(container("ContainerCreating"))) == {}
    api.lists[EVENTS].append(event("p", "FailedMount", 'secret "s" not found'))
    assert found(api, pod(container("ContainerCreating"))) == {"p": 40}
    assert found(api, pod(container(ready=True))) == {}


def test_a_refused_pod_blocks_its_replica_set(api: FakeApi) -> None:
    refused = [{"type": "ReplicaFailure", "status": "True"}]
    assert found(api, conditions=refused) == {"r2": 40}


def test_pods_of_an_earlier_version_block_nothing(api: FakeApi) -> None:
    api.lists[PODS] = [pod(container("ImagePullBackOff"))]
    api.lists[SETS] = [replica_set("r1", "1", conditions=[{"type": "ReplicaFailure", "status": "True"}])]
    cluster = Cluster(cast("Api", api), "default")
    assert find_blockages(cluster, cluster.find(DEPLOYMENT, "ns/a"), declared(DEPLOYMENT, **WANTED)) == {}


def test_an_image_or_a_refusal_blocks_a_job_and_failures_do_not(api: FakeApi) -> None:
    cluster = Cluster(cast("Api", api), "default")
    job, ref = declared(JOB, metadata={"uid": "j"}, spec={"selector": SELECTOR}), cluster.find(JOB, "ns/a")
    api.lists[PODS] = [pod(container("ErrImageNeverPull"))]
    assert find_blockages(cluster, ref, job) == {"p/c": 25}
    api.lists[PODS] = [pod(container("CrashLoopBackOff", restarts=3))]
    assert find_blockages(cluster, ref, job) == {}
    api.lists[PODS] = []
    assert find_blockages(cluster, ref, job) == {}
    api.lists[EVENTS] = [event("j", "FailedCreate")]
    assert find_blockages(cluster, ref, job) == {"j": 40}


def test_unreadable_objects_block_nothing(api: FakeApi) -> None:
    api.refusals["GET"] = ApiError("no", status=403, reason="Forbidden")
    assert found(api, pod(container("InvalidImageName"))) == {}


def test_only_a_blockage_seen_at_every_check_is_over_time() -> None:
    timer = BlockageTimer()
    assert not timer.is_over({"a": 25, "b": 40}, 5)
    assert not timer.is_over({"a": 25, "b": 40}, 29)
    assert timer.is_over({"a": 25, "b": 40}, 30)
    assert not timer.is_over({"b": 40}, 31)
    assert not timer.is_over({"a": 25, "b": 40}, 32)
    assert timer.is_over({"a": 25, "b": 40}, 45)
    assert not timer.is_over({}, 1000)


def test_a_deployment_with_stuck_pods_fails_soon_and_says_who_still_serves(
    lifecycle: Lifecycle, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(await_ready, "_DIAGNOSIS_INTERVAL", 0)
    api.lists[SETS] = [replica_set("r2", "2")]
    api.lists[PODS] = [pod({"name": "c", "state": {"waiting": {"reason": "InvalidImageName", "message": "no name"}}})]
    api.lists[EVENTS] = [event("p", "InspectFailed", "no name")]
    progressing = {"type": "Progressing", "status": "True", "message": "it is progressing"}
    api.defaults = {"status": {"observedGeneration": 1, "availableReplicas": 2, "conditions": [progressing]}}
    state = lifecycle.create(DEPLOYMENT, declared(DEPLOYMENT, **WANTED), 60)
    assert state.unready == (
        "Deployment ns/a failed because its pods do not start: container c of pod a-x waits:"
        " InvalidImageName no name; last warning (Pod a-x): InspectFailed: no name;"
        " pods of the previous version that still serve: 2"
    )
    assert state.id == "ns/a"
    own = {**WANTED["metadata"], "annotations": {"pulumi.com/waitFor": "condition=Own"}}
    lifecycle.cancelled.set()
    assert "cancelled" in lifecycle.create(DEPLOYMENT, declared(DEPLOYMENT, **WANTED | {"metadata": own}), 60).unready
