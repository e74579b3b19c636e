"""Objects that an interrupted update made, of which the state does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provider.errors import ApiError
from provider.settings import Settings
from tests.provider.fakes import CONFIG_MAP, FakeApi, Lifecycle, declared

if TYPE_CHECKING:
    from provider.properties import Object

EXISTS = ApiError("exists", status=409, reason="AlreadyExists")


def made_by(manager: str, **metadata: str) -> Object:
    written = [{"manager": manager, "operation": "Apply", "fieldsV1": {}}]
    made = {"creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": written, **metadata}
    return declared(CONFIG_MAP, metadata=made, data={"old": "1"})


@pytest.mark.parametrize(
    ("manager", "is_named"),
    [("pulumi-kubernetes", True), ("pulumi-kubernetes-1a2b3c4d", True), ("kubectl-create", False)],
)
def test_what_pulumi_may_have_made_is_refused_with_the_commands_that_go_on_with_it(
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


def test_upsert_applies_to_what_exists_and_makes_what_does_not(api: FakeApi) -> None:
    lifecycle = Lifecycle(api, Settings(upsert=True))
    inputs = declared(CONFIG_MAP, data={"a": "1"})
    lifecycle.create(CONFIG_MAP, inputs)
    lifecycle.create(CONFIG_MAP, inputs)
    assert [(method, query["fieldManager"][:17]) for method, _, query in api.writes] == [
        ("PATCH", "pulumi-kubernetes"),
        ("PATCH", "pulumi-kubernetes"),
    ]


def test_upsert_does_not_apply_to_what_is_going(api: FakeApi) -> None:
    lifecycle = Lifecycle(api, Settings(upsert=True))
    lifecycle.writer.pauses = (0,)
    api.has(made_by("pulumi-kubernetes", deletionTimestamp="2026-01-01T00:00:00Z"))
    api.refused_once["POST"] = [EXISTS]
    lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP))
    assert [method for method, _, _ in api.writes] == ["POST"]
