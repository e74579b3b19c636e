"""Writing of objects: creates, updates, patches, and the field manager that they use."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provider import lifecycle as steps
from provider.errors import ApiError, Cause, ProviderError, UnreachableError
from provider.inputs import Naming
from provider.kinds import Kind
from provider.operation import Operation
from provider.properties import Secret
from provider.settings import Settings
from provider.update_plan import plan_update
from tests.provider.fakes import CONFIG_MAP, DEPLOYMENT, SERVICE, FakeApi, Lifecycle, declared

if TYPE_CHECKING:
    from provider.properties import Object


def test_create_posts_and_update_applies_as_the_resources_own_manager(lifecycle: Lifecycle, api: FakeApi) -> None:
    inputs = declared(CONFIG_MAP, data={"a": Secret("x")})
    state = lifecycle.create(CONFIG_MAP, inputs)
    assert state.id == "ns/a"
    assert state.outputs["data"] == {"a": Secret("x")}
    assert state.outputs["__inputs"] == inputs
    manager = state.outputs["__fieldManager"]
    assert re.fullmatch(r"pulumi-kubernetes-[0-9a-f]{8}", manager)
    assert api.objects["/api/v1/namespaces/ns/configmaps/a"]["data"] == {"a": "x"}
    lifecycle.update(CONFIG_MAP, inputs, state.outputs)
    assert [(m, q["fieldManager"]) for m, _, q in api.writes] == [("POST", "pulumi-kubernetes"), ("PATCH", manager)]
    assert api.writes[1][2]["force"] == "false"
    assert api.bodies[1] == {**declared(CONFIG_MAP, data={"a": "x"})}


def test_a_new_field_manager_takes_over_from_the_previous_one(lifecycle: Lifecycle, api: FakeApi) -> None:
    state = lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP)).outputs
    named = declared(CONFIG_MAP, metadata={"annotations": {"pulumi.com/patchFieldManager": "mine"}})
    assert lifecycle.update(CONFIG_MAP, named, state).outputs["__fieldManager"] == "mine"
    assert [q["fieldManager"] for _, _, q in api.writes[1:]] == ["mine", state["__fieldManager"]]
    assert api.bodies[2]["metadata"] == {"name": "a", "namespace": "ns", "uid": "u1"}


def test_a_custom_resource_definition_is_replaced_whole(lifecycle: Lifecycle, api: FakeApi) -> None:
    kind = Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
    definition = declared(kind, spec={"schema": {"x_kubernetes_preserve_unknown_fields": True}})
    skipped = {**definition, "metadata": {"name": "a", "annotations": {"pulumi.com/skipAwait": "true"}}}
    created = lifecycle.create(kind, skipped)
    assert api.bodies[0]["spec"] == {"schema": {"x-kubernetes-preserve-unknown-fields": True}}
    assert created.outputs["spec"] == definition["spec"]
    api.objects["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a"]["metadata"]["resourceVersion"] = "7"
    steps.update(lifecycle.writer, Operation(kind, "a", skipped, state=created.outputs))
    assert api.writes[1][0] == "PUT"
    assert api.bodies[1]["metadata"]["resourceVersion"] == "7"


def test_client_side_apply_labels_and_merges(api: FakeApi) -> None:
    lifecycle = Lifecycle(api, Settings(server_side=False))
    inputs = lifecycle.check(CONFIG_MAP, "cm", {}, {"metadata": {"name": "a", "namespace": "ns"}, "data": {"a": "1"}})
    assert inputs["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "pulumi"}
    state = lifecycle.create(CONFIG_MAP, inputs)
    assert state.outputs["__fieldManager"] == "pulumi-kubernetes"
    lifecycle.update(CONFIG_MAP, {**inputs, "data": {"b": "2"}}, state.outputs, inputs)
    assert api.bodies[1]["data"] == {"a": None, "b": "2"}
    assert lifecycle.check(CONFIG_MAP, "cm", {}, {"metadata": {"generateName": "n-"}})["metadata"].get("name") is None


def test_a_create_waits_for_its_namespace(lifecycle: Lifecycle, api: FakeApi) -> None:
    lifecycle.writer.pauses = (0, 0)
    missing = ApiError('namespaces "ns" not found', status=404, reason="NotFound")
    api.refused_once["POST"] = [missing, missing]
    assert lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP)).id == "ns/a"
    assert [text for text in lifecycle.log.statuses if text] == [
        'waiting: ConfigMap ns/a: namespaces "ns" not found'
    ] * 2
    api.refused_once["POST"] = [ApiError("no", status=403, reason="Forbidden")]
    with pytest.raises(ApiError):
        lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))


def test_a_create_waits_for_its_service_account(lifecycle: Lifecycle, api: FakeApi) -> None:
    lifecycle.writer.pauses = (0, 0)
    refused = 'pods "a" is forbidden: error looking up service account ns/default: serviceaccount "default" not found'
    api.refused_once["POST"] = [ApiError(refused, status=403, reason="Forbidden")]
    assert lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP)).id == "ns/a"
    assert f"waiting: ConfigMap ns/a: {refused}" in lifecycle.log.statuses


def test_a_create_waits_only_for_an_object_that_is_being_deleted(lifecycle: Lifecycle, api: FakeApi) -> None:
    lifecycle.writer.pauses = (0, 0)
    exists = ApiError("exists", status=409, reason="AlreadyExists")
    live = api.has(declared(CONFIG_MAP, metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}))
    api.refused_once["POST"] = [exists, exists]
    assert lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP)).id == "ns/a"
    assert len(api.writes) == 1
    del live["metadata"]["deletionTimestamp"]
    api.has(live)
    api.refused_once["POST"] = [exists]
    with pytest.raises(ApiError, match="exists already"):
        lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))
    assert len(api.writes) == 1


def test_a_create_without_an_answer_is_repeated_and_finds_our_object(lifecycle: Lifecycle, api: FakeApi) -> None:
    exists = ApiError("exists", status=409, reason="AlreadyExists")
    ours = [{"manager": "pulumi-kubernetes", "operation": "Update"}]
    live = declared(CONFIG_MAP, metadata={"creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": ours})
    api.objects["/api/v1/namespaces/ns/configmaps/a"] = live
    api.now = 1767225600  # the second of the creation
    api.refused_once["POST"] = [UnreachableError("lost", sent=True), exists]
    assert lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP)).id == "ns/a"
    api.now += 10  # the object is older than the create
    api.refused_once["POST"] = [UnreachableError("lost", sent=True), exists]
    with pytest.raises(ApiError, match="exists already"):
        lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))
    api.refused_once["POST"] = [UnreachableError("lost", sent=True)]
    del api.objects["/api/v1/namespaces/ns/configmaps/a"]
    assert lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP)).id == "ns/a"
    api.refused_once["POST"] = [UnreachableError("never sent")]
    with pytest.raises(UnreachableError):
        lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))


def test_warnings_of_the_server_are_reported(lifecycle: Lifecycle, api: FakeApi) -> None:
    api.warning = "v1 Foo is deprecated"
    lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))
    assert lifecycle.log.warnings == ["v1 Foo is deprecated"]
    silent = Lifecycle(FakeApi(warning="v1 Foo is deprecated"), Settings(suppress_deprecation_warnings=True))
    silent.create(CONFIG_MAP, declared(CONFIG_MAP))
    assert silent.log.warnings == []


def test_a_preview_repeats_no_request_of_the_diff_and_each_write_warns_once(lifecycle: Lifecycle, api: FakeApi) -> None:
    api.warning = "v1 Foo is deprecated"
    old, new = api.has(declared(SERVICE, spec={"a": 1})), declared(SERVICE, spec={"a": 2})
    operation = Operation(SERVICE, "ns/a", new, old, old, log=lifecycle.log)
    plan_update(lifecycle.writer, operation)
    assert lifecycle.log.warnings == []
    asked = len(api.asked)
    assert steps.preview_update(lifecycle.writer, operation)["spec"] == {"a": 2}
    assert len(api.asked) == asked
    assert lifecycle.log.warnings == ["v1 Foo is deprecated"]
    steps.preview_update(lifecycle.writer, operation)  # without a Diff before it
    plan_update(lifecycle.writer, operation)
    steps.preview_update(lifecycle.writer, replace(operation, inputs=declared(SERVICE, spec={"a": 3})))
    assert [body["spec"] for body in api.bodies] == [{"a": 2}, {"a": 2}, {"a": 2}, {"a": 3}]
    api.warning = "once"
    lifecycle.update(SERVICE, declared(SERVICE, spec={"type": "ExternalName"}), old, old)
    assert lifecycle.log.warnings.count("once") == 1


@pytest.mark.parametrize("kind", [("apiextensions.k8s.io", "CustomResourceDefinition"), ("", "ConfigMap")])
def test_every_kind_of_write_reports_warnings(api: FakeApi, kind: tuple[str, str]) -> None:
    api.warning = "unknown field"
    merging = Lifecycle(api, Settings(server_side=False))
    of = Kind(kind[0], "v1", kind[1])
    annotations = {"pulumi.com/skipAwait": "true"}
    live = declared(of, metadata={"resourceVersion": "1", "annotations": annotations})
    api.objects["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a"] = live
    api.objects["/api/v1/namespaces/ns/configmaps/a"] = live
    identifier = "a" if kind[0] else "ns/a"
    steps.update(merging.writer, Operation(of, identifier, live, state=live, log=merging.log))
    assert merging.log.warnings == ["unknown field"]


def test_a_patch_applies_and_releases_only_its_fields(lifecycle: Lifecycle, api: FakeApi) -> None:
    patch = declared(CONFIG_MAP, data={"a": "1"})
    with pytest.raises(ProviderError, match=r"needs `metadata.name`"):
        steps.check(lifecycle.writer, Operation(replace(CONFIG_MAP, is_patch=True), inputs={}), Naming("p"))
    state = lifecycle.create(CONFIG_MAP, patch, is_patch=True)
    manager = state.outputs["__fieldManager"]
    replaced = lifecycle.diff(CONFIG_MAP, patch, declared(CONFIG_MAP, data={"a": "2"}), state.outputs, is_patch=True)
    assert not replaced.replaces
    lifecycle.delete(CONFIG_MAP, {**state.outputs}, is_patch=True)
    assert [(m, q["fieldManager"]) for m, _, q in api.writes if q.get("dryRun") != "All"] == [("PATCH", manager)] * 2
    assert api.bodies[-1] == declared(CONFIG_MAP, metadata={"uid": "u1"})
    api.refusals["PATCH"] = ApiError("uid mismatch", status=409, reason="Conflict")
    lifecycle.delete(CONFIG_MAP, {**state.outputs}, is_patch=True)  # the object does not exist


def test_conflicts_are_shown_in_the_preview_and_forced_only_on_request(lifecycle: Lifecycle, api: FakeApi) -> None:
    api.has(declared(DEPLOYMENT))
    cause = Cause(".spec.replicas", 'conflict with "someone" using apps/v1')
    api.refusals["PATCH"] = ApiError("conflict", status=409, reason="Conflict", causes=(cause,))
    with pytest.raises(ApiError, match=r'\.spec\.replicas \(conflict with "someone".*patchForce'):
        lifecycle.preview_update(DEPLOYMENT, declared(DEPLOYMENT), {})
    api.refusals.clear()
    forced = declared(DEPLOYMENT, metadata={"annotations": {"pulumi.com/patchForce": "true"}})
    lifecycle.preview_update(DEPLOYMENT, forced, {})
    Lifecycle(api, Settings(patch_force=True)).preview_update(DEPLOYMENT, declared(DEPLOYMENT), {})
    lifecycle.preview_update(DEPLOYMENT, declared(DEPLOYMENT), {})
    assert [query["force"] for _, _, query in api.writes] == ["true", "true", "false"]


CREATED = {"manager": "pulumi-kubernetes", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}


SCALED = {"manager": "kubectl", "operation": "Update", "subresource": "scale", "fieldsV1": CREATED["fieldsV1"]}


ALL_BUT_REPLICAS = {**CREATED, "fieldsV1": {"f:spec": {"f:paused": {}}}}


def conflict(message: str) -> ApiError:
    causes = (Cause(".spec.replicas", f"conflict with {message}"),)
    return ApiError("conflict", status=409, reason="Conflict", causes=causes)


def test_a_preview_includes_the_take_over_of_fields(lifecycle: Lifecycle, api: FakeApi) -> None:
    api.has(declared(DEPLOYMENT, metadata={"resourceVersion": "1", "managedFields": [CREATED]}, spec={"replicas": 1}))
    changed = declared(DEPLOYMENT, spec={"replicas": 2})
    api.refused_once["PATCH"] = [conflict('"pulumi-kubernetes" using apps/v1 at 2026-01-01T00:00:00Z')]
    assert lifecycle.preview_update(DEPLOYMENT, changed, {})["spec"] == {"replicas": 2}
    assert [(query["dryRun"], query["fieldManager"]) for _, _, query in api.writes] == [("All", "pulumi-kubernetes")]
    api.refused_once["PATCH"] = [conflict('"kubectl" with subresource "scale" using apps/v1')]
    with pytest.raises(ApiError, match='conflict with "kubectl" with subresource "scale"'):
        lifecycle.preview_update(DEPLOYMENT, changed, {})


def test_a_preview_treats_ignored_fields_like_the_update(lifecycle: Lifecycle, api: FakeApi) -> None:
    changed = declared(DEPLOYMENT, spec={"replicas": 1, "paused": True})
    for fields, sent in (([ALL_BUT_REPLICAS, SCALED], {"paused": True}), ([CREATED], {"paused": True, "replicas": 3})):
        metadata = {"resourceVersion": "1", "managedFields": fields}
        api.has(declared(DEPLOYMENT, metadata=metadata, spec={"replicas": 3}))
        api.bodies.clear()
        lifecycle.preview_update(DEPLOYMENT, changed, {}, "spec.replicas")
        assert api.bodies[0]["spec"] == sent


EXISTS = ApiError("exists", status=409, reason="AlreadyExists")


def made_by(manager: str, **metadata: str) -> Object:
    written = [{"manager": manager, "operation": "Apply", "fieldsV1": {}}]
    made = {"creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": written, **metadata}
    return declared(CONFIG_MAP, metadata=made, data={"old": "1"})


@pytest.mark.parametrize(
    ("manager", "is_named"),
    [("pulumi-kubernetes", True), ("pulumi-kubernetes-1a2b3c4d", True), ("kubectl-create", False)],
)
def test_the_refusal_of_an_object_of_pulumi_names_the_commands_to_continue(
    lifecycle: Lifecycle, api: FakeApi, manager: str, is_named: bool
) -> None:
    live = api.has(made_by(manager))
    api.refused_once["POST"] = [EXISTS]
    with pytest.raises(ApiError, match="exists") as refused:
        lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))
    assert api.objects["/api/v1/namespaces/ns/configmaps/a"] == live
    commands = (
        "pulumi refresh --yes --skip-preview --clear-pending-creates",
        "PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true",
    )
    assert [command in str(refused.value) for command in commands] == [is_named] * 2
    assert ("at 2026-01-01T00:00:00Z" in str(refused.value)) == is_named


def test_upsert_creates_or_updates_the_object(api: FakeApi) -> None:
    lifecycle = Lifecycle(api, Settings(upsert=True))
    inputs = declared(CONFIG_MAP, data={"a": "1"})
    lifecycle.create(CONFIG_MAP, inputs)
    lifecycle.create(CONFIG_MAP, inputs)
    assert [(method, query["fieldManager"][:17]) for method, _, query in api.writes] == [
        ("PATCH", "pulumi-kubernetes"),
        ("PATCH", "pulumi-kubernetes"),
    ]


def test_upsert_waits_for_an_object_that_is_being_deleted(api: FakeApi) -> None:
    lifecycle = Lifecycle(api, Settings(upsert=True))
    lifecycle.writer.pauses = (0,)
    api.has(made_by("pulumi-kubernetes", deletionTimestamp="2026-01-01T00:00:00Z"))
    api.refused_once["POST"] = [EXISTS]
    lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))
    assert [method for method, _, _ in api.writes] == ["POST"]
