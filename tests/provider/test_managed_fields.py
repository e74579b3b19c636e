"""Ownership of fields by field managers."""

from __future__ import annotations

from typing import Any

from provider.managed_fields import with_fields_taken_over, without_ignored_changes
from tests.provider.fakes import OURS, THEIRS

APPLIED = {"manager": "pulumi-kubernetes-1", "operation": "Apply", "fieldsV1": {"f:data": {"f:b": {}}}}


def test_entries_of_a_create_or_of_kubectl_become_an_apply_entry() -> None:
    kubectl = {"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": {"f:spec": {}}}
    status = {**OURS, "subresource": "status"}
    live = {"metadata": {"resourceVersion": "7", "managedFields": [OURS, THEIRS, APPLIED, kubectl, status]}}
    settled = with_fields_taken_over(live, "pulumi-kubernetes-1")
    assert settled is not None
    fields: dict[str, Any] = {"f:data": {"f:a": {}, "f:b": {}}, "f:spec": {}}
    assert settled["metadata"]["managedFields"] == [THEIRS, status, {**APPLIED, "fieldsV1": fields}]
    assert with_fields_taken_over(settled, "pulumi-kubernetes-1") is None


def test_an_ignored_field_is_omitted_or_sent_unchanged() -> None:
    declared = {"spec": {"replicas": 1, "paused": True, "x": 1}, "data": {"b.c": "declared"}}
    live = {
        "metadata": {"managedFields": [{**APPLIED, "fieldsV1": {"f:data": {"f:b.c": {}}}}, THEIRS]},
        "spec": {"replicas": 5},
        "data": {"b.c": "live"},
    }
    ignored = ["spec.replicas", 'data["b.c"]', "spec.items[0]", "spec.paused"]
    assert without_ignored_changes(declared, live, "pulumi-kubernetes-1", ignored) == {
        "spec": {"paused": True, "x": 1},
        "data": {"b.c": "live"},
    }
