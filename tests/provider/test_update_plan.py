"""Plans of updates: which changes count, and which of them replace the object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from provider.errors import ApiError, Cause
from provider.kinds import Kind
from provider.operation import Operation
from provider.update_plan import UpdatePlan, plan_update
from tests.provider.fakes import CONFIG_MAP, DEPLOYMENT, JOB, SERVICE, FakeApi, Lifecycle, declared

if TYPE_CHECKING:
    from provider.properties import Object


def test_equal_inputs_need_no_request(lifecycle: Lifecycle, api: FakeApi) -> None:
    inputs = declared(DEPLOYMENT, spec={"replicas": 1})
    assert lifecycle.diff(DEPLOYMENT, inputs, inputs, {"__inputs": inputs}).changes == ()
    assert api.asked == []


def test_ignored_changes_are_not_planned(lifecycle: Lifecycle, api: FakeApi) -> None:
    old, new = (api.has(declared(DEPLOYMENT, spec={"replicas": n, "other": n})) for n in (1, 2))
    api.has(old)
    operation = Operation(DEPLOYMENT, "ns/a", new, old, old, ("spec.replicas",))
    assert [c.path for c in plan_update(lifecycle.writer, operation).changes] == [("spec", "other")]
    assert plan_update(lifecycle.writer, replace(operation, ignored=("spec",))) == UpdatePlan()


def test_a_change_without_effect_on_the_server_is_not_planned(lifecycle: Lifecycle, api: FakeApi) -> None:
    old = api.has(declared(DEPLOYMENT, spec={"cpu": "1", "n": 1, "gone": 1}))
    new = declared(DEPLOYMENT, spec={"cpu": "1000m", "n": 2, "added": 1})
    api.canonical = {"1000m": "1"}
    plan = lifecycle.diff(DEPLOYMENT, old, new, old)
    assert [c.path for c in plan.changes] == [("spec", "added"), ("spec", "gone"), ("spec", "n")]
    assert [query["dryRun"] for _, _, query in api.writes] == ["All"]


def test_a_change_of_an_immutable_field_replaces_the_object(lifecycle: Lifecycle, api: FakeApi) -> None:
    old = api.has(declared(SERVICE, spec={"fixed": {"a": 1}, "free": 1}))
    new = declared(SERVICE, spec={"fixed": {"a": 2}, "free": 2})
    causes = (Cause("spec.fixed", 'Invalid value: {"a": 2}: field is immutable'),)
    api.refusals["PATCH"] = ApiError("no", status=422, reason="Invalid", causes=causes)
    plan = lifecycle.diff(SERVICE, old, new, old)
    assert [c.path for c in plan.replaces] == [("spec", "fixed", "a")]
    assert plan.delete_first


@pytest.mark.parametrize("name", ["Namespace", "PersistentVolumeClaim"])
def test_objects_that_hold_data_are_not_replaced(lifecycle: Lifecycle, api: FakeApi, name: str) -> None:
    kind = Kind("", "v1", name)
    old, new = (declared(kind, spec={"volumeMode": mode}) for mode in ("Block", "Filesystem"))
    api.objects |= {"/api/v1/namespaces/a": old, "/api/v1/namespaces/ns/persistentvolumeclaims/a": old}
    causes = (Cause("spec", "Forbidden: field is immutable"),)
    api.refusals["PATCH"] = ApiError("no", status=422, reason="Invalid", causes=causes)
    assert lifecycle.diff(kind, old, new, old).replaces == ()


def test_an_object_whose_name_the_server_generates_is_not_deleted_first(lifecycle: Lifecycle, api: FakeApi) -> None:
    unnamed = {"name": None, "generateName": "a-"}
    old, new = (declared(CONFIG_MAP, metadata=unnamed, data={"a": n}) for n in ("1", "2"))
    for inputs in (old, new):
        del inputs["metadata"]["name"]
    plan = lifecycle.diff(CONFIG_MAP, old, new, declared(CONFIG_MAP, metadata={"name": "a-x1"}))
    assert plan.replaces
    assert not plan.delete_first


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_after_a_refused_dry_run_all_changes_of_inputs_count(lifecycle: Lifecycle, api: FakeApi, status: int) -> None:
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


def test_naming_the_default_namespace_is_not_a_change(lifecycle: Lifecycle) -> None:
    state = declared(CONFIG_MAP)
    old = {**state, "metadata": {"name": "a"}}
    assert lifecycle.diff(CONFIG_MAP, old, state, state).changes == ()


COMPLETE, FAILED = ({"status": {"conditions": [{"type": t, "status": "True"}]}} for t in ("Complete", "Failed"))


def job(**fields: Any) -> Object:
    return declared(JOB, metadata={"annotations": {"pulumi.com/replaceUnready": "true"}}, **fields)


@pytest.mark.parametrize(
    ("live", "state", "is_replaced"),
    [
        (COMPLETE, COMPLETE, False),
        (FAILED, FAILED, True),
        ({"status": {"active": 1}}, {"status": {}}, True),  # the wait was interrupted
        (COMPLETE, {"status": {}}, False),  # likewise, and it has completed since
        (None, FAILED, True),
        (None, {}, True),
        (None, COMPLETE, False),  # deleted by its TTL
    ],
)
def test_a_job_that_did_not_complete_is_replaced_also_when_it_is_gone(
    lifecycle: Lifecycle, api: FakeApi, live: Object | None, state: Object, is_replaced: bool
) -> None:
    if live is not None:
        api.has(job(**live))
    found = lifecycle.diff(JOB, job(), job(), job(**state))
    assert bool(found.replaces) == is_replaced
    assert found.delete_first == is_replaced


def test_a_job_that_is_gone_cannot_be_changed_and_is_replaced(lifecycle: Lifecycle) -> None:
    changed = job(spec={"ttlSecondsAfterFinished": 1})
    assert lifecycle.diff(JOB, job(), changed, job(**COMPLETE)).replaces
    plain = declared(JOB)
    assert not lifecycle.diff(JOB, plain, plain, plain).replaces
