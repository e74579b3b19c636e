"""When an object of each kind is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provider.kinds import Kind
from tests.provider.fakes import (
    CLAIM,
    DEPLOYMENT,
    JOB,
    POD,
    SERVICE,
    STATEFUL_SET,
    VOLUME,
    FakeApi,
    Lifecycle,
    condition,
    declared,
    status,
)

if TYPE_CHECKING:
    from provider.properties import Object

AVAILABLE = [condition("Progressing", reason="NewReplicaSetAvailable"), condition("Available")]


ONE, SEEN = {"replicas": 1}, {"observedGeneration": 1}


ROLLED, SCALING = ({"replicas": n, "updatedReplicas": n, "availableReplicas": 1} for n in (1, 3))


DAEMON_SET = Kind("apps", "v1", "DaemonSet")


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
    (Kind("", "v1", "ResourceQuota"), {"hard": {"pods": "1"}}, status(hard={"pods": "2"}), "not in force"),
    (Kind("", "v1", "ResourceQuota"), {"hard": {"pods": "1k"}}, status(hard={"pods": "1000"}), ""),
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


def test_a_service_is_ready_when_all_its_endpoints_are(lifecycle: Lifecycle, api: FakeApi) -> None:
    slices = api.lists["/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices"] = [{"endpoints": None}]
    lifecycle.cancelled.set()
    service = declared(SERVICE, spec={"selector": {"a": "b"}})
    slices.append({"endpoints": [{"conditions": {"ready": False}}, {"conditions": {}}]})
    assert "1 of its 2 endpoints are not ready" in lifecycle.create(SERVICE, service, 60).unready
    slices.pop()
    slices.append({"endpoints": [{"conditions": {}}, {"conditions": {"ready": False, "terminating": True}}]})
    assert not lifecycle.create(SERVICE, service, 60).unready
