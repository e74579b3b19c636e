"""Every case under the real engine, against a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.provider.conformance.cases.model import CREATE, DELETED_FIRST, NS, REPLACE, SAME

if TYPE_CHECKING:
    from tests.provider.conformance.cases.model import Case
    from tests.provider.conformance.conftest import Live, Story
    from tests.provider.conformance.engine import Run

pytestmark = pytest.mark.live

# Objects that remain after their resource is deleted: created by another client, or retained.
_OURS_NO_MORE = ("configmaps/outside", "configmaps/other", "configmaps/retained")


def operation(run: Run, name: str) -> str:
    """Return what a run did to a resource; for a replacement, the order of its parts."""
    done = [op for op in run.operations[name] if op != "read"]
    if "replace" not in done:
        return ", ".join(dict.fromkeys(done))
    return DELETED_FIRST if done.index("delete-replaced") < done.index("create-replacement") else REPLACE


def part_of(expected: Any, live: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(live, dict) and all(part_of(value, live.get(key)) for key, value in expected.items())
    if isinstance(expected, list):
        return isinstance(live, list) and len(live) == len(expected) and all(map(part_of, expected, live))
    return bool(expected == live)


def test_it_is_created_as_planned_and_then_nothing_changes(story: Story, case: Case) -> None:
    for resource in case.first:
        expected = "import" if "import_" in resource.options else CREATE
        assert operation(story.runs["planned create"], resource.name) == expected
        assert operation(story.runs["create"], resource.name) == expected
        assert operation(story.runs["nothing"], resource.name) == SAME


def test_it_changes_as_planned_and_then_nothing_changes(story: Story, case: Case) -> None:
    names = {r.name for r in case.first} | {r.name for r in case.second or ()}
    for name in names - {"old-name"}:
        expected = case.change.get(name, SAME)
        assert operation(story.runs["planned change"], name) == expected
        assert operation(story.runs["change"], name) == expected
        assert story.runs["planned change"].paths[name] >= case.paths.get(name, set())
        if expected != "delete":
            assert operation(story.runs["nothing at last"], name) == SAME


def test_its_objects_are_as_declared(story: Story, case: Case, live: Live) -> None:
    for path, expected in case.live.items():
        found = story.objects[path]
        assert found is None if expected is None else part_of(live.named(expected), found), f"{path}: {found}"


def test_drift_is_found_and_repaired(story: Story, case: Case) -> None:
    for name, expected in case.refreshed.items():
        assert story.runs["refresh"].results[name] == expected
    for resource in case.second if case.second is not None else case.first:
        assert operation(story.runs["repair"], resource.name) == case.repaired.get(resource.name, SAME)


def test_all_that_is_ours_is_destroyed(story: Story) -> None:
    assert [path for path in story.left if not path.endswith(_OURS_NO_MORE)] == []


def test_nothing_secret_is_readable_in_state_or_output(story: Story) -> None:
    told = story.state + "".join(run.output for run in story.runs.values())
    assert "hushed" not in told


def test_an_unnamed_object_bears_the_mark_of_the_official_plugin(story: Story) -> None:
    assert '"pulumi.com/autonamed": "true"' in story.state
    assert NS not in story.state
