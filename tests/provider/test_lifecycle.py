"""Check, preview, read and delete of one resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provider import lifecycle as steps
from provider.apply import Writer
from provider.errors import ApiError, CancelledError, ConfigError, ProviderError, UnreachableError
from provider.inputs import Naming
from provider.kinds import Kind
from provider.operation import Operation
from provider.properties import Secret
from provider.settings import Settings
from provider.update_plan import UpdatePlan, plan_update
from tests.provider.fakes import CONFIG_MAP, DEPLOYMENT, SEED, SERVICE, FakeApi, Lifecycle, declared

if TYPE_CHECKING:
    from provider.cluster import Cluster


def test_check_completes_the_inputs(lifecycle: Lifecycle) -> None:
    inputs = lifecycle.check(CONFIG_MAP, "cm", {}, {"metadata": {"annotations": {"a": "b"}}})
    assert inputs["apiVersion"] == "v1"
    assert inputs["kind"] == "ConfigMap"
    assert inputs["metadata"]["namespace"] == "default"
    assert inputs["metadata"]["annotations"] == {"a": "b", "pulumi.com/autonamed": "true"}
    namespace = lifecycle.check(Kind("", "v1", "Namespace"), "n", {}, {"metadata": {"name": "n", "uid": "u"}})
    assert namespace["metadata"] == {"name": "n"}


def test_check_of_unchanged_inputs_needs_no_cluster(lifecycle: Lifecycle, api: FakeApi) -> None:
    namespaced, cluster_wide = declared(CONFIG_MAP), {"metadata": {"name": "n"}}
    assert lifecycle.check(CONFIG_MAP, "cm", namespaced, namespaced)["metadata"] == namespaced["metadata"]
    kind = Kind("", "v1", "Namespace")
    assert lifecycle.check(kind, "n", cluster_wide, cluster_wide)["metadata"] == {"name": "n"}
    assert api.asked == []
    # Without the namespace that it had, it moves to the default namespace.
    moved = lifecycle.check(CONFIG_MAP, "cm", namespaced, {"metadata": {"name": "a"}})
    assert moved["metadata"] == {"name": "a", "namespace": "default"}


def test_an_automatic_name_is_kept_while_the_object_exists(lifecycle: Lifecycle) -> None:
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
    assert unnamed_again["metadata"]["name"] == name  # generated from the seed, not the name given before


def test_auto_names_follow_the_engines_configuration(lifecycle: Lifecycle) -> None:
    assert lifecycle.check(CONFIG_MAP, "cm", {}, {}, proposed="wished")["metadata"]["name"] == "wished"
    with pytest.raises(ProviderError, match=r"cm has no metadata.name"):
        lifecycle.check(CONFIG_MAP, "cm", {}, {}, disabled=True)
    assert lifecycle.check(CONFIG_MAP, "cm", {}, {"metadata": {"name": "n"}}, disabled=True)["metadata"]["name"] == "n"
    with pytest.raises(ProviderError, match="generateName"):
        lifecycle.check(CONFIG_MAP, "cm", {}, {"metadata": {"generateName": "n-"}})


def test_a_refresh_needs_no_permission_for_dependencies(lifecycle: Lifecycle, api: FakeApi) -> None:
    service = api.has(declared(SERVICE, spec={"selector": {"a": "b"}}))
    api.forbidden = "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices"
    found = lifecycle.read(SERVICE, service, service)
    assert found is not None
    assert found.unready == ""


def test_a_preview_shows_the_servers_dry_run(lifecycle: Lifecycle, api: FakeApi) -> None:
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


def test_only_a_missing_object_removes_a_resource_from_the_state(lifecycle: Lifecycle, api: FakeApi) -> None:
    assert lifecycle.read(CONFIG_MAP, {}) is None
    assert lifecycle.read(Kind("", "v1", "Absent"), {}) is None
    for error in (UnreachableError("down"), ApiError("forbidden", status=403, reason="Forbidden")):
        api.refusals["GET"] = error
        with pytest.raises(type(error)):
            lifecycle.read(CONFIG_MAP, {})


def test_an_unreachable_cluster_is_tried_once_and_not_for_each_resource(lifecycle: Lifecycle, api: FakeApi) -> None:
    api.down = UnreachableError("down")
    for _ in range(3):
        with pytest.raises(UnreachableError, match="down"):
            lifecycle.read(CONFIG_MAP, {})
        with pytest.raises(UnreachableError, match="down"):
            lifecycle.create(DEPLOYMENT, declared(DEPLOYMENT))
    assert api.asked == ["GET /api/v1"]


def test_an_unreachable_cluster_is_tolerated_only_with_a_setting(api: FakeApi) -> None:
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


def test_an_unusable_kubeconfig_fails_only_operations_that_need_the_cluster() -> None:
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


def test_an_import_omits_fields_that_the_server_sets(lifecycle: Lifecycle, api: FakeApi) -> None:
    notes = {"deployment.kubernetes.io/revision": "3", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
    metadata = {"uid": "u", "resourceVersion": "1", "labels": {"a": "b"}, "annotations": notes}
    api.has(declared(CONFIG_MAP, metadata=metadata, status={"x": 1}))
    state = lifecycle.read(CONFIG_MAP, {})
    assert state is not None
    assert state.inputs == declared(CONFIG_MAP, metadata={"labels": {"a": "b"}})


def test_a_refresh_reads_the_text_of_a_secret(lifecycle: Lifecycle, api: FakeApi) -> None:
    kind = Kind("", "v1", "Secret")
    api.objects["/api/v1/namespaces/ns/secrets/a"] = declared(kind, data={"pw": "ZHJpZnRlZA==", "raw": "/w=="})
    state = lifecycle.read(kind, declared(kind, stringData=Secret({"pw": "old"})))
    assert state is not None
    assert state.inputs["stringData"] == Secret({"pw": "drifted"})


def test_deleting_waits_until_exactly_that_object_is_gone(lifecycle: Lifecycle, api: FakeApi) -> None:
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
