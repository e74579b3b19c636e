from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provider import lifecycle as steps
from provider.apply import Operation, Writer
from provider.errors import ApiError, CancelledError, Cause, ConfigError, ProviderError, UnreachableError
from provider.inputs import Naming
from provider.kinds import Kind
from provider.properties import Secret
from provider.settings import Settings
from provider.update_plan import UpdatePlan, plan_update
from tests.provider.fakes import CONFIG_MAP, DEPLOYMENT, SEED, SERVICE, FakeApi, Lifecycle, declared

if TYPE_CHECKING:
    from provider.cluster import Cluster


def test_check_fills_in_what_the_program_left_out(lifecycle: Lifecycle) -> None:
    inputs = lifecycle.check(CONFIG_MAP, "cm", {}, {"metadata": {"annotations": {"a": "b"}}})
    assert inputs["apiVersion"] == "v1"
    assert inputs["kind"] == "ConfigMap"
    assert inputs["metadata"]["namespace"] == "default"
    assert inputs["metadata"]["annotations"] == {"a": "b", "pulumi.com/autonamed": "true"}
    namespace = lifecycle.check(Kind("", "v1", "Namespace"), "n", {}, {"metadata": {"name": "n", "uid": "u"}})
    assert namespace["metadata"] == {"name": "n"}


def test_what_is_left_as_it_is_needs_no_cluster(lifecycle: Lifecycle, api: FakeApi) -> None:
    namespaced, cluster_wide = declared(CONFIG_MAP), {"metadata": {"name": "n"}}
    assert lifecycle.check(CONFIG_MAP, "cm", namespaced, namespaced)["metadata"] == namespaced["metadata"]
    kind = Kind("", "v1", "Namespace")
    assert lifecycle.check(kind, "n", cluster_wide, cluster_wide)["metadata"] == {"name": "n"}
    assert api.asked == []
    # Without the namespace that it had, it goes into the default one.
    moved = lifecycle.check(CONFIG_MAP, "cm", namespaced, {"metadata": {"name": "a"}})
    assert moved["metadata"] == {"name": "a", "namespace": "default"}


def test_an_automatic_name_is_kept_as_long_as_the_object_lives(lifecycle: Lifecycle) -> None:
    first = lifecycle.check(CONFIG_MAP, "cm", {}, {}, SEED)
    name = first["metadata"]["name"]
    assert name.startswith("cm-")
    assert len(name) == len("cm-") + 8
    assert lifecycle.check(CONFIG_MAP, "cm", first, {"data": {"a": "b"}}, b"other")["metadata"]["name"] == name
    assert lifecycle.check(CONFIG_MAP, "cm", {}, {}, b"other")["metadata"]["name"] != name
    named = lifecycle.check(CONFIG_MAP, "cm", first, {"metadata": {"name": "mine"}}, SEED)
    assert named["metadata"]["name"] == "mine"
    assert not lifecycle.diff(CONFIG_MAP, first, named, {}).delete_first
    unnamed_again = lifecycle.check(CONFIG_MAP, "cm", named, {}, SEED)
    assert unnamed_again["metadata"]["name"] == name  # made anew from the seed, not taken from the given name


def test_auto_names_follow_the_engines_configuration(lifecycle: Lifecycle) -> None:
    assert lifecycle.check(CONFIG_MAP, "cm", {}, {}, proposed="wished")["metadata"]["name"] == "wished"
    with pytest.raises(ProviderError, match=r"cm has no metadata.name"):
        lifecycle.check(CONFIG_MAP, "cm", {}, {}, disabled=True)
    assert lifecycle.check(CONFIG_MAP, "cm", {}, {"metadata": {"name": "n"}}, disabled=True)["metadata"]["name"] == "n"
    with pytest.raises(ProviderError, match="generateName"):
        lifecycle.check(CONFIG_MAP, "cm", {}, {"metadata": {"generateName": "n-"}})


def test_equal_inputs_ask_the_server_nothing(lifecycle: Lifecycle, api: FakeApi) -> None:
    inputs = declared(DEPLOYMENT, spec={"replicas": 1})
    assert lifecycle.diff(DEPLOYMENT, inputs, inputs, {"__inputs": inputs}).changes == ()
    assert api.asked == []


def test_what_is_ignored_is_no_change(lifecycle: Lifecycle, api: FakeApi) -> None:
    old, new = (api.has(declared(DEPLOYMENT, spec={"replicas": n, "other": n})) for n in (1, 2))
    api.has(old)
    operation = Operation(DEPLOYMENT, "ns/a", new, old, old, ("spec.replicas",))
    assert [c.path for c in plan_update(lifecycle.writer, operation).changes] == [("spec", "other")]
    assert plan_update(lifecycle.writer, replace(operation, ignored=("spec",))) == UpdatePlan()


def test_an_update_that_the_server_does_not_see_is_none(lifecycle: Lifecycle, api: FakeApi) -> None:
    old = api.has(declared(DEPLOYMENT, spec={"cpu": "1", "n": 1, "gone": 1}))
    new = declared(DEPLOYMENT, spec={"cpu": "1000m", "n": 2, "added": 1})
    api.canonical = {"1000m": "1"}
    plan = lifecycle.diff(DEPLOYMENT, old, new, old)
    assert [c.path for c in plan.changes] == [("spec", "added"), ("spec", "gone"), ("spec", "n")]
    assert [query["dryRun"] for _, _, query in api.writes] == ["All"]


def test_a_field_that_the_server_holds_immutable_replaces(lifecycle: Lifecycle, api: FakeApi) -> None:
    old = api.has(declared(SERVICE, spec={"fixed": {"a": 1}, "free": 1}))
    new = declared(SERVICE, spec={"fixed": {"a": 2}, "free": 2})
    causes = (Cause("spec.fixed", 'Invalid value: {"a": 2}: field is immutable'),)
    api.refusals["PATCH"] = ApiError("no", status=422, reason="Invalid", causes=causes)
    plan = lifecycle.diff(SERVICE, old, new, old)
    assert [c.path for c in plan.replaces] == [("spec", "fixed", "a")]
    assert plan.delete_first


@pytest.mark.parametrize("name", ["Namespace", "PersistentVolumeClaim"])
def test_what_holds_data_is_not_replaced_for_an_immutable_field(lifecycle: Lifecycle, api: FakeApi, name: str) -> None:
    kind = Kind("", "v1", name)
    old, new = (declared(kind, spec={"volumeMode": mode}) for mode in ("Block", "Filesystem"))
    api.objects |= {"/api/v1/namespaces/a": old, "/api/v1/namespaces/ns/persistentvolumeclaims/a": old}
    causes = (Cause("spec", "Forbidden: field is immutable"),)
    api.refusals["PATCH"] = ApiError("no", status=422, reason="Invalid", causes=causes)
    assert lifecycle.diff(kind, old, new, old).replaces == ()


def test_an_object_whose_name_the_server_makes_is_not_deleted_first(lifecycle: Lifecycle, api: FakeApi) -> None:
    unnamed = {"name": None, "generateName": "a-"}
    old, new = (declared(CONFIG_MAP, metadata=unnamed, data={"a": n}) for n in ("1", "2"))
    for inputs in (old, new):
        del inputs["metadata"]["name"]
    plan = lifecycle.diff(CONFIG_MAP, old, new, declared(CONFIG_MAP, metadata={"name": "a-x1"}))
    assert plan.replaces
    assert not plan.delete_first


def test_a_refresh_needs_no_right_to_what_the_object_hangs_on(lifecycle: Lifecycle, api: FakeApi) -> None:
    service = api.has(declared(SERVICE, spec={"selector": {"a": "b"}}))
    api.forbidden = "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices"
    found = lifecycle.read(SERVICE, service, service)
    assert found is not None
    assert found.unready == ""


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_refused_dry_run_leaves_the_difference_of_inputs(lifecycle: Lifecycle, api: FakeApi, status: int) -> None:
    api.refusals["PATCH"] = ApiError("no", status=status)
    plan = lifecycle.diff(SERVICE, api.has(declared(SERVICE)), declared(SERVICE, spec={"x": 1}), {})
    assert [c.path for c in plan.changes] == [("spec",)]


def test_only_a_named_object_is_deleted_before_its_replacement(lifecycle: Lifecycle, api: FakeApi) -> None:
    old, new = declared(CONFIG_MAP, data={"a": "1"}), declared(CONFIG_MAP, data={"a": "2"})
    assert lifecycle.diff(CONFIG_MAP, old, new, old).delete_first
    unnamed = declared(CONFIG_MAP, data={"a": "2"}, metadata={"annotations": {"pulumi.com/autonamed": "true"}})
    plan = lifecycle.diff(CONFIG_MAP, old, unnamed, old)
    assert plan.replaces
    assert not plan.delete_first
    renamed = declared(CONFIG_MAP, metadata={"name": "b"})
    plan = lifecycle.diff(CONFIG_MAP, old, renamed, old)
    assert ("metadata", "name") in [c.path for c in plan.replaces]
    assert not plan.delete_first
    assert api.writes == []


def test_a_namespace_that_was_the_default_is_no_change(lifecycle: Lifecycle) -> None:
    state = declared(CONFIG_MAP)
    old = {**state, "metadata": {"name": "a"}}
    assert lifecycle.diff(CONFIG_MAP, old, state, state).changes == ()


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


def test_another_field_manager_takes_over_from_the_last(lifecycle: Lifecycle, api: FakeApi) -> None:
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


def test_a_namespace_that_is_yet_to_come_is_waited_for(lifecycle: Lifecycle, api: FakeApi) -> None:
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


def test_a_service_account_that_is_yet_to_come_is_waited_for(lifecycle: Lifecycle, api: FakeApi) -> None:
    lifecycle.writer.pauses = (0, 0)
    refused = 'pods "a" is forbidden: error looking up service account ns/default: serviceaccount "default" not found'
    api.refused_once["POST"] = [ApiError(refused, status=403, reason="Forbidden")]
    assert lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP)).id == "ns/a"
    assert f"waiting: ConfigMap ns/a: {refused}" in lifecycle.log.statuses


def test_an_object_that_is_being_deleted_is_waited_for_and_no_other(lifecycle: Lifecycle, api: FakeApi) -> None:
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


def test_a_lost_answer_is_asked_for_again_and_the_object_known_as_ours(lifecycle: Lifecycle, api: FakeApi) -> None:
    exists = ApiError("exists", status=409, reason="AlreadyExists")
    ours = [{"manager": "pulumi-kubernetes", "operation": "Update"}]
    live = declared(CONFIG_MAP, metadata={"creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": ours})
    api.objects["/api/v1/namespaces/ns/configmaps/a"] = live
    api.now = 1767225600  # that very second
    api.refused_once["POST"] = [UnreachableError("lost", sent=True), exists]
    assert lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP)).id == "ns/a"
    api.now += 10  # then somebody made it before
    api.refused_once["POST"] = [UnreachableError("lost", sent=True), exists]
    with pytest.raises(ApiError, match="exists already"):
        lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))
    api.refused_once["POST"] = [UnreachableError("lost", sent=True)]
    del api.objects["/api/v1/namespaces/ns/configmaps/a"]
    assert lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP)).id == "ns/a"
    api.refused_once["POST"] = [UnreachableError("never sent")]
    with pytest.raises(UnreachableError):
        lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))


def test_warnings_of_the_server_are_passed_on(lifecycle: Lifecycle, api: FakeApi) -> None:
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
def test_every_way_to_write_passes_warnings_on(api: FakeApi, kind: tuple[str, str]) -> None:
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


def test_a_patch_applies_its_fields_and_gives_up_only_those(lifecycle: Lifecycle, api: FakeApi) -> None:
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
    lifecycle.delete(CONFIG_MAP, {**state.outputs}, is_patch=True)  # its object is gone


def test_a_preview_shows_what_the_server_would_make(lifecycle: Lifecycle, api: FakeApi) -> None:
    inputs = declared(CONFIG_MAP, data={"a": "1"})
    api.defaults = {"defaulted": True, "status": {}}
    expected = lifecycle.preview_create(CONFIG_MAP, inputs)
    assert expected["defaulted"] is True
    assert "status" not in expected
    assert api.objects == {}
    for status in (403, 404, 409):
        api.refusals["POST"] = ApiError("no", status=status)
        assert lifecycle.preview_create(CONFIG_MAP, inputs) == inputs
    api.refusals["POST"] = ApiError("invalid", status=422)
    with pytest.raises(ApiError):
        lifecycle.preview_create(CONFIG_MAP, inputs)


def test_conflicts_are_shown_in_the_preview_and_forced_only_on_demand(lifecycle: Lifecycle, api: FakeApi) -> None:
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


def test_a_preview_reckons_with_what_an_update_takes_over(lifecycle: Lifecycle, api: FakeApi) -> None:
    api.has(declared(DEPLOYMENT, metadata={"resourceVersion": "1", "managedFields": [CREATED]}, spec={"replicas": 1}))
    changed = declared(DEPLOYMENT, spec={"replicas": 2})
    api.refused_once["PATCH"] = [conflict('"pulumi-kubernetes" using apps/v1 at 2026-01-01T00:00:00Z')]
    assert lifecycle.preview_update(DEPLOYMENT, changed, {})["spec"] == {"replicas": 2}
    assert [(query["dryRun"], query["fieldManager"]) for _, _, query in api.writes] == [("All", "pulumi-kubernetes")]
    api.refused_once["PATCH"] = [conflict('"kubectl" with subresource "scale" using apps/v1')]
    with pytest.raises(ApiError, match='conflict with "kubectl" with subresource "scale"'):
        lifecycle.preview_update(DEPLOYMENT, changed, {})


def test_a_preview_leaves_ignored_fields_to_their_managers_as_the_update_does(
    lifecycle: Lifecycle, api: FakeApi
) -> None:
    changed = declared(DEPLOYMENT, spec={"replicas": 1, "paused": True})
    for fields, sent in (([ALL_BUT_REPLICAS, SCALED], {"paused": True}), ([CREATED], {"paused": True, "replicas": 3})):
        metadata = {"resourceVersion": "1", "managedFields": fields}
        api.has(declared(DEPLOYMENT, metadata=metadata, spec={"replicas": 3}))
        api.bodies.clear()
        lifecycle.preview_update(DEPLOYMENT, changed, {}, "spec.replicas")
        assert api.bodies[0]["spec"] == sent


def test_only_absence_loses_a_resource(lifecycle: Lifecycle, api: FakeApi) -> None:
    assert lifecycle.read(CONFIG_MAP, {}) is None
    assert lifecycle.read(Kind("", "v1", "Absent"), {}) is None
    for error in (UnreachableError("down"), ApiError("forbidden", status=403, reason="Forbidden")):
        api.refusals["GET"] = error
        with pytest.raises(type(error)):
            lifecycle.read(CONFIG_MAP, {})


def test_an_unreachable_cluster_is_waited_for_once_and_not_for_each_resource(
    lifecycle: Lifecycle, api: FakeApi
) -> None:
    api.down = UnreachableError("down")
    for _ in range(3):
        with pytest.raises(UnreachableError, match="down"):
            lifecycle.read(CONFIG_MAP, {})
        with pytest.raises(UnreachableError, match="down"):
            lifecycle.create(DEPLOYMENT, declared(DEPLOYMENT))
    assert api.asked == ["GET /api/v1"]


def test_an_unreachable_cluster_passes_only_where_a_setting_says_so(api: FakeApi) -> None:
    state = declared(CONFIG_MAP)
    api.refusals = {method: UnreachableError("down") for method in ("GET", "DELETE")}
    plain = Lifecycle(api, Settings())
    with pytest.raises(UnreachableError, match="PULUMI_K8S_DELETE_UNREACHABLE=true"):
        plain.read(CONFIG_MAP, state, state)
    with pytest.raises(UnreachableError, match="PULUMI_K8S_DELETE_UNREACHABLE=true"):
        plain.delete(CONFIG_MAP, state)
    deleting = Lifecycle(api, Settings(delete_unreachable=True))
    assert deleting.read(CONFIG_MAP, state, state) is None
    deleting.delete(CONFIG_MAP, state)
    assert len(deleting.log.warnings) == 2
    api.down = UnreachableError("down")
    skipping = Lifecycle(api, Settings(skip_update_unreachable=True))
    kept = skipping.read(CONFIG_MAP, state, state)
    assert kept is not None
    assert kept.outputs == state
    assert skipping.check(CONFIG_MAP, "cm", state, declared(CONFIG_MAP, data={"new": "1"})) == state
    with pytest.raises(UnreachableError):
        skipping.delete(CONFIG_MAP, state)


def test_an_unusable_kubeconfig_fails_only_what_needs_the_cluster() -> None:
    def broken() -> Cluster:
        raise ConfigError("the kubeconfig cannot be used: no")

    writer = Writer(Settings(), broken)
    inputs = declared(CONFIG_MAP)
    operation = Operation(CONFIG_MAP, "ns/a", inputs, inputs, inputs)
    assert steps.check(writer, operation, Naming("cm"))["metadata"]["name"] == "a"
    assert plan_update(writer, operation) == UpdatePlan()
    assert steps.preview_create(writer, operation) == inputs
    with pytest.raises(ConfigError):
        steps.create(writer, operation)


def test_an_import_makes_inputs_without_what_the_server_sets(lifecycle: Lifecycle, api: FakeApi) -> None:
    notes = {"deployment.kubernetes.io/revision": "3", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
    metadata = {"uid": "u", "resourceVersion": "1", "labels": {"a": "b"}, "annotations": notes}
    api.has(declared(CONFIG_MAP, metadata=metadata, status={"x": 1}))
    state = lifecycle.read(CONFIG_MAP, {})
    assert state is not None
    assert state.inputs == declared(CONFIG_MAP, metadata={"labels": {"a": "b"}})


def test_a_refresh_reads_text_of_a_secret_back(lifecycle: Lifecycle, api: FakeApi) -> None:
    kind = Kind("", "v1", "Secret")
    api.objects["/api/v1/namespaces/ns/secrets/a"] = declared(kind, data={"pw": "ZHJpZnRlZA==", "raw": "/w=="})
    state = lifecycle.read(kind, declared(kind, stringData=Secret({"pw": "old"})))
    assert state is not None
    assert state.inputs["stringData"] == Secret({"pw": "drifted"})


def test_deleting_waits_until_that_very_object_is_gone(lifecycle: Lifecycle, api: FakeApi) -> None:
    path = "/api/v1/namespaces/ns/configmaps/a"
    api.objects[path] = declared(CONFIG_MAP, metadata={"uid": "another"})
    lifecycle.delete(CONFIG_MAP, declared(CONFIG_MAP))
    orphaning = {"pulumi.com/deletionPropagationPolicy": "orphan"}
    lifecycle.delete(CONFIG_MAP, declared(CONFIG_MAP, metadata={"annotations": orphaning}))
    assert api.bodies == [{"propagationPolicy": "Foreground"}, {"propagationPolicy": "Orphan"}]
    api.objects[path] = declared(CONFIG_MAP, metadata={"uid": "u1"})
    lifecycle.cancelled.set()
    with pytest.raises(CancelledError, match="run the command again"):
        lifecycle.delete(CONFIG_MAP, {}, 60)
    lifecycle.delete(Kind("", "v1", "Absent"), {}, 0)
