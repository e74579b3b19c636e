from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from provider.cluster import Cluster
from provider.diff import Edit
from provider.errors import ApiError, CancelledError, Cause, UnreachableError
from provider.kinds import Kind
from provider.lifecycle import Lifecycle, preview
from provider.properties import Object, Secret
from provider.readiness import timeout
from provider.settings import Settings

if TYPE_CHECKING:
    from provider.api import Api

KINDS = {
    "/api/v1": {
        "ConfigMap": "configmaps",
        "Event": "events",
        "Namespace": "namespaces",
        "Pod": "pods",
        "Secret": "secrets",
        "Service": "services",
    },
    "/apis/apps/v1": {"Deployment": "deployments"},
    "/apis/batch/v1": {"Job": "jobs"},
    "/apis/discovery.k8s.io/v1": {"EndpointSlice": "endpointslices"},
}
CONFIG_MAP, SERVICE, POD = Kind("", "v1", "ConfigMap"), Kind("", "v1", "Service"), Kind("", "v1", "Pod")
DEPLOYMENT, JOB = Kind("apps", "v1", "Deployment"), Kind("batch", "v1", "Job")
SEED = b"seed"


class FakeApi:
    """An API server of a few lines: objects by path, `defaults` merged into what is written, refusals by method."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.lists: dict[str, list[Object]] = {}
        self.defaults: Object = {}
        self.refusals: dict[str, Exception] = {}
        self.writes: list[tuple[str, str, dict[str, str]]] = []

    def request(self, method: str, path: str, *, query: Any = None, body: Any = None, content_type: str = "") -> Object:
        if path in KINDS:
            entries = KINDS[path].items()
            return {"resources": [{"kind": k, "name": n, "namespaced": k != "Namespace"} for k, n in entries]}
        if method in self.refusals:
            raise self.refusals[method]
        if method == "GET":
            if path.rpartition("/")[2] in {name for names in KINDS.values() for name in names.values()}:
                return {"items": self.lists.get(path, [])}
            if path not in self.objects:
                raise ApiError("gone", status=404, reason="NotFound")
            return self.objects[path]
        self.writes.append((method, path, query or {}))
        if method == "DELETE":
            return {"metadata": {"uid": "u1"}}
        if method == "POST":
            path = f"{path}/{body['metadata']['name']}"
        written = {**self.defaults, **body, "metadata": {"uid": "u1", "generation": 1, **body["metadata"]}}
        if (query or {}).get("dryRun") != "All":
            self.objects[path] = written
        return written


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def lifecycle(api: FakeApi) -> Lifecycle:
    return Lifecycle(Settings(), Cluster(cast("Api", api), "default"))


def declared(kind: Kind, **fields: Any) -> Object:
    metadata = {"name": "a", "namespace": "ns", **fields.pop("metadata", {})}
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **fields}


def test_check_fills_in_what_the_program_left_out(lifecycle: Lifecycle) -> None:
    inputs = lifecycle.check(CONFIG_MAP, "cm", {}, {"metadata": {"annotations": {"a": "b"}}}, SEED)
    assert inputs["apiVersion"] == "v1"
    assert inputs["kind"] == "ConfigMap"
    assert inputs["metadata"]["namespace"] == "default"
    assert inputs["metadata"]["annotations"] == {"a": "b"}
    namespace = lifecycle.check(Kind("", "v1", "Namespace"), "n", {}, {"metadata": {"name": "n"}}, SEED)
    assert namespace["metadata"] == {"name": "n"}


def test_an_automatic_name_is_kept_as_long_as_the_object_lives(lifecycle: Lifecycle) -> None:
    first = lifecycle.check(CONFIG_MAP, "cm", {}, {}, SEED)
    name = first["metadata"]["name"]
    assert name.startswith("cm-")
    assert len(name) == len("cm-") + 8
    assert lifecycle.check(CONFIG_MAP, "cm", first, {"data": {"a": "b"}}, b"other")["metadata"]["name"] == name
    assert lifecycle.check(CONFIG_MAP, "cm", {}, {}, b"other")["metadata"]["name"] != name
    named = lifecycle.check(CONFIG_MAP, "cm", first, {"metadata": {"name": "mine"}}, SEED)
    assert named["metadata"]["name"] == "mine"
    assert not lifecycle.diff(CONFIG_MAP, "default/cm", first, named, {}).delete_first
    unnamed_again = lifecycle.check(CONFIG_MAP, "cm", named, {}, SEED)
    assert unnamed_again["metadata"]["name"] == name  # made anew from the seed, not taken from the given name


def test_equal_inputs_ask_the_server_nothing(lifecycle: Lifecycle, api: FakeApi) -> None:
    inputs = declared(DEPLOYMENT, spec={"replicas": 1})
    plan = lifecycle.diff(DEPLOYMENT, "ns/a", inputs, {**inputs, "__autonamed": True}, {})
    assert plan.changes == ()
    assert api.writes == []


def test_a_change_that_the_server_does_not_see_is_none(lifecycle: Lifecycle, api: FakeApi) -> None:
    api.defaults = {"extra": {"same": True}}
    old = declared(DEPLOYMENT, spec={"cpu": "1", "n": 1})
    new = declared(DEPLOYMENT, spec={"cpu": "1", "n": 2}, extra={"same": True})
    plan = lifecycle.diff(DEPLOYMENT, "ns/a", old, new, {**old, "extra": {"same": True}})
    assert [c.path for c in plan.changes] == [("spec", "n")]
    assert [query["dryRun"] for _, _, query in api.writes] == ["All"]


def test_a_removal_stands_while_our_create_still_owns_the_field(lifecycle: Lifecycle, api: FakeApi) -> None:
    entry = {"manager": "pulumi-kubernetes", "operation": "Update"}
    old, new = declared(SERVICE, spec={"a": 1, "b": 2}), declared(SERVICE, spec={"a": 1})
    api.defaults = {"spec": {}}
    unowned = {**new, "spec": {"a": 1, "b": 2}, "metadata": {**new["metadata"], "managedFields": [entry]}}
    api.request = lambda method, path, **rest: (  # type: ignore[method-assign]
        unowned if method == "PATCH" else FakeApi.request(api, method, path, **rest)
    )
    plan = lifecycle.diff(SERVICE, "ns/a", old, new, old)
    assert [(c.path, c.edit) for c in plan.changes] == [(("spec", "b"), Edit.DELETE)]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_refused_dry_run_leaves_the_difference_of_inputs(lifecycle: Lifecycle, api: FakeApi, status: int) -> None:
    api.refusals["PATCH"] = ApiError("no", status=status)
    plan = lifecycle.diff(SERVICE, "ns/a", declared(SERVICE), declared(SERVICE, spec={"x": 1}), {})
    assert [c.path for c in plan.changes] == [("spec", "x")]


def test_only_a_named_object_is_deleted_before_its_replacement(lifecycle: Lifecycle, api: FakeApi) -> None:
    old, new = declared(CONFIG_MAP, data={"a": "1"}), declared(CONFIG_MAP, data={"a": "2"})
    assert lifecycle.diff(CONFIG_MAP, "ns/a", old, new, old).delete_first
    assert not lifecycle.diff(CONFIG_MAP, "ns/a", old, {**new, "__autonamed": True}, old).delete_first
    renamed = declared(CONFIG_MAP, metadata={"name": "b"})
    plan = lifecycle.diff(CONFIG_MAP, "ns/a", old, renamed, old)
    assert ("metadata", "name") in [c.path for c in plan.replaces]
    assert not plan.delete_first
    assert api.writes == []


def test_a_namespace_that_was_the_default_is_no_change(lifecycle: Lifecycle) -> None:
    state = declared(CONFIG_MAP)
    old = {**state, "metadata": {"name": "a"}}
    assert lifecycle.diff(CONFIG_MAP, "ns/a", old, state, state).changes == ()


def test_create_posts_and_update_applies_under_one_manager(lifecycle: Lifecycle, api: FakeApi) -> None:
    inputs = declared(CONFIG_MAP, data={"a": Secret("x")}, __autonamed=True)
    state = lifecycle.create(CONFIG_MAP, inputs, 0)
    assert state.id == "ns/a"
    assert state.outputs["data"] == {"a": Secret("x")}
    assert api.objects["/api/v1/namespaces/ns/configmaps/a"]["data"] == {"a": "x"}
    assert "__autonamed" not in api.objects["/api/v1/namespaces/ns/configmaps/a"]
    lifecycle.update(CONFIG_MAP, "ns/a", inputs, 0)
    assert [(m, q["fieldManager"]) for m, _, q in api.writes] == [
        ("POST", "pulumi-kubernetes"),
        ("PATCH", "pulumi-kubernetes"),
    ]
    assert api.writes[1][2]["force"] == "false"


def test_conflicts_are_shown_in_the_preview_and_forced_only_on_demand(lifecycle: Lifecycle, api: FakeApi) -> None:
    cause = Cause(".spec.replicas", 'conflict with "someone" using apps/v1')
    api.refusals["PATCH"] = ApiError("conflict", status=409, reason="Conflict", causes=(cause,))
    with pytest.raises(ApiError, match=r'\.spec\.replicas \(conflict with "someone".*patchForce'):
        lifecycle.preview_update(DEPLOYMENT, "ns/a", declared(DEPLOYMENT), {})
    api.refusals.clear()
    forced = declared(DEPLOYMENT, metadata={"annotations": {"pulumi.com/patchForce": "true"}})
    lifecycle.preview_update(DEPLOYMENT, "ns/a", forced, {})
    assert api.writes[-1][2]["force"] == "true"


def test_a_preview_lays_inputs_over_the_state() -> None:
    state = {"metadata": {"name": "a", "uid": "u"}, "status": {"x": 1}}
    expected = preview({"metadata": {"name": "a", "labels": {"l": "1"}}, "__autonamed": True}, state)
    assert expected == {"metadata": {"name": "a", "uid": "u", "labels": {"l": "1"}}, "status": {"x": 1}}


def test_only_absence_loses_a_resource(lifecycle: Lifecycle, api: FakeApi) -> None:
    assert lifecycle.read(CONFIG_MAP, "ns/a", {}) is None
    for error in (UnreachableError("down"), ApiError("forbidden", status=403, reason="Forbidden")):
        api.refusals["GET"] = error
        with pytest.raises(type(error)):
            lifecycle.read(CONFIG_MAP, "ns/a", {})


def test_an_import_makes_inputs_without_what_the_server_sets(lifecycle: Lifecycle, api: FakeApi) -> None:
    live = declared(CONFIG_MAP, metadata={"uid": "u", "resourceVersion": "1", "labels": {"a": "b"}}, status={"x": 1})
    api.objects["/api/v1/namespaces/ns/configmaps/a"] = live
    state = lifecycle.read(CONFIG_MAP, "ns/a", {})
    assert state is not None
    assert state.inputs == declared(CONFIG_MAP, metadata={"labels": {"a": "b"}})


def test_a_refresh_reads_text_of_a_secret_back(lifecycle: Lifecycle, api: FakeApi) -> None:
    kind = Kind("", "v1", "Secret")
    api.objects["/api/v1/namespaces/ns/secrets/a"] = declared(kind, data={"pw": "ZHJpZnRlZA==", "raw": "/w=="})
    state = lifecycle.read(kind, "ns/a", declared(kind, stringData=Secret({"pw": "old"})))
    assert state is not None
    assert state.inputs["stringData"] == Secret({"pw": "drifted"})


def test_deleting_waits_until_that_very_object_is_gone(lifecycle: Lifecycle, api: FakeApi) -> None:
    path = "/api/v1/namespaces/ns/configmaps/a"
    api.objects[path] = declared(CONFIG_MAP, metadata={"uid": "another"})
    lifecycle.delete(CONFIG_MAP, "ns/a", {}, 0)
    api.objects[path] = declared(CONFIG_MAP, metadata={"uid": "u1"})
    lifecycle.cancelled.set()
    with pytest.raises(CancelledError, match="run the command again"):
        lifecycle.delete(CONFIG_MAP, "ns/a", {}, 60)
    lifecycle.delete(Kind("", "v1", "Absent"), "ns/a", {}, 0)


def status(**fields: Any) -> Object:
    return {"status": fields}


def condition(name: str, value: str = "True", **fields: str) -> Object:
    return {"type": name, "status": value, **fields}


AVAILABLE = [condition("Progressing", reason="NewReplicaSetAvailable"), condition("Available")]
ONE = {"replicas": 1}


@pytest.mark.parametrize(
    ("kind", "spec", "live", "unready"),
    [
        (DEPLOYMENT, ONE, status(observedGeneration=1, updatedReplicas=1, conditions=AVAILABLE), ""),
        (DEPLOYMENT, ONE, status(observedGeneration=0, updatedReplicas=1, conditions=AVAILABLE), "has not seen"),
        (DEPLOYMENT, ONE, status(observedGeneration=1, updatedReplicas=0, conditions=AVAILABLE), "0 of 1 replicas"),
        (DEPLOYMENT, ONE, status(observedGeneration=1, conditions=None), "0 of 1 replicas"),
        (
            DEPLOYMENT,
            ONE,
            status(observedGeneration=1, conditions=[condition("Progressing", message="still going")]),
            "still going",
        ),
        (JOB, {}, status(conditions=[condition("Complete")]), ""),
        (JOB, {}, status(), "has not completed"),
        (JOB, {}, status(conditions=[condition("Failed", message="backoff limit")]), "failed: backoff limit"),
        (POD, {}, status(phase="Running", conditions=[condition("Ready")]), ""),
        (POD, {}, status(phase="Succeeded"), ""),
        (POD, {}, status(phase="Failed", reason="Evicted"), "failed: Evicted"),
        (POD, {}, status(phase="Pending"), "it is Pending"),
        (SERVICE, {"selector": {"a": "b"}}, {}, "no ready endpoint: no ready pod matches its selector a=b"),
        (SERVICE, {"selector": {"a": "b"}, "clusterIP": "None"}, {}, ""),
        (SERVICE, {"selector": {"a": "b"}, "type": "ExternalName"}, {}, ""),
        (SERVICE, {"type": "LoadBalancer"}, {}, "no load-balancer address"),
        (SERVICE, {}, {}, ""),
    ],
)
def test_when_an_object_is_ready(
    lifecycle: Lifecycle, api: FakeApi, kind: Kind, spec: Object, live: Object, unready: str
) -> None:
    lifecycle.cancelled.set()
    api.defaults = live
    state = lifecycle.create(kind, declared(kind, spec=spec), 60)
    assert unready in state.unready
    assert bool(unready) == bool(state.unready)
    assert state.id == "ns/a"


FAILED = [{"type": "Failed", "status": "True", "message": "its pods failed"}]


def test_a_service_with_a_ready_endpoint_is_ready(lifecycle: Lifecycle, api: FakeApi) -> None:
    slices = api.lists["/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices"] = [{"endpoints": None}]
    lifecycle.cancelled.set()
    service = declared(SERVICE, spec={"selector": {"a": "b"}})
    slices.append({"endpoints": [{"conditions": {"ready": False}}]})
    assert lifecycle.create(SERVICE, service, 0).unready
    slices.append({"endpoints": [{"conditions": {}}]})
    assert not lifecycle.create(SERVICE, service, 0).unready


def test_a_failed_await_names_the_container_and_the_last_warning(lifecycle: Lifecycle, api: FakeApi) -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "no such image"}
    containers = [{"name": "good", "ready": True, "state": {}}, {"name": "bad", "state": {"waiting": waiting}}]
    pod = {"metadata": {"name": "a-1-x", "creationTimestamp": "1"}, "status": {"containerStatuses": containers}}
    api.lists["/api/v1/namespaces/ns/pods"] = [pod]
    api.lists["/api/v1/namespaces/ns/events"] = [
        {"involvedObject": {"kind": "Pod", "name": name}, "reason": reason, "message": "m", "lastTimestamp": time}
        for name, reason, time in [("a-1-x", "Old", "1"), ("a-1-x", "New", "2"), ("b", "Other", "3")]
    ]
    deployment = declared(
        DEPLOYMENT,
        metadata={"annotations": {"pulumi.com/timeoutSeconds": "0"}},
        spec={"replicas": 1, "selector": {"matchLabels": {"a": "b"}}},
    )
    assert lifecycle.create(DEPLOYMENT, deployment, 0).unready == (
        "Deployment ns/a is not ready after 0 s: its controller has not seen this version yet;"
        " container bad of pod a-1-x waits: ImagePullBackOff no such image; last warning (Pod a-1-x): New: m"
    )


def test_a_container_that_ended_says_its_last_words(lifecycle: Lifecycle, api: FakeApi) -> None:
    ended = {"exitCode": 1, "reason": "Error", "message": "a table\n\n1 finding: server.replicas\n"}
    containers = [{"name": "verify", "state": {"terminated": ended}}]
    pod = {"metadata": {"name": "a-x", "creationTimestamp": "1"}, "status": {"containerStatuses": containers}}
    api.lists["/api/v1/namespaces/ns/pods"] = [pod]
    api.lists["/api/v1/namespaces/ns/events"] = []
    job = declared(JOB, spec={"selector": {"matchLabels": {"a": "b"}}}, status={"conditions": FAILED})
    assert "container verify of pod a-x ended with code 1 (Error): 1 finding: server.replicas" in (
        lifecycle.create(JOB, job, 0).unready
    )


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
