"""Differences between property trees."""

from __future__ import annotations

import pytest

from provider.diff import MISSING, Change, Edit, changes, covers, field_at, parse, refreshed, render
from provider.properties import Secret


def test_every_changed_field_is_found_once() -> None:
    old = {"a": {"same": 1, "gone": {"x": 1}}, "list": [{"n": 1}, {"n": 2}], "t": 1}
    new = {"a": {"same": 1, "added": {}}, "list": [{"n": 1}, {"n": 3}, {"n": 4}], "t": "1"}
    assert list(changes(old, new)) == [
        Change(("a", "added"), Edit.ADD),
        Change(("a", "gone"), Edit.DELETE),
        Change(("list", 1, "n"), Edit.UPDATE),
        Change(("list", 2), Edit.ADD),
        Change(("t",), Edit.UPDATE),
    ]
    assert list(changes(old, old)) == []


def test_an_empty_mapping_differs_from_none_and_from_a_scalar() -> None:
    assert list(changes({}, {"a": {}})) == [Change(("a",), Edit.ADD)]
    assert list(changes({"a": {"b": 1}}, {"a": 2})) == [Change(("a",), Edit.UPDATE)]


def test_paths_are_written_as_the_engine_reads_them() -> None:
    assert render(("spec", "ports", 0, "name")) == "spec.ports[0].name"
    assert render(("metadata", "labels", 'a.b/c"')) == 'metadata.labels["a.b/c\\""]'
    assert render(("metadata", "labels", "a-b")) == "metadata.labels.a-b"


@pytest.mark.parametrize(
    "path", [("spec", "ports", 0, "name"), ("metadata", "labels", 'a.b/c"'), ("metadata", "labels", "a-b"), (1, 2)]
)
def test_a_rendered_path_can_be_parsed(path: tuple[str | int, ...]) -> None:
    assert parse(render(path)) == path


def test_what_an_ignored_path_covers() -> None:
    path = ("spec", "ports", 0, "name")
    for ignored in ("spec", "spec.ports", "spec.ports[0]", "spec.ports[*].name", "spec.*", "spec.ports[0].name"):
        assert covers(parse(ignored), path)
    for ignored in ("spec.ports[1]", "spec.ports[0].name.x", "ports", 'spec["ports.x"]'):
        assert not covers(parse(ignored), path)


def test_a_field_in_a_list_is_compared_as_the_whole_list() -> None:
    assert field_at({"a": {"b": [1, 2]}}, ("a", "b", 1)) == [1, 2]
    assert field_at({"a": 1}, ("a", "b")) is MISSING


def test_refreshed_inputs_take_live_values_of_declared_fields_only() -> None:
    declared = {
        "labels": {"a": "1", "lost": "2"},
        "pw": Secret({"x": "1"}),
        "env": [{"name": "A", "value": "1"}, {"name": "B"}],
        "args": ["x"],
        "empty": Secret({}),
        "text": "",
        "off": False,
    }
    live = {
        "labels": {"a": "9", "theirs": "3"},
        "pw": {"x": "8", "y": "7"},
        "env": [{"name": "injected"}, {"name": "A", "value": "5", "more": 1}],
        "args": ["x", "y"],
        "text": None,
        "status": {},
    }
    assert refreshed(declared, live) == {
        "labels": {"a": "9"},
        "pw": Secret({"x": "8"}),
        "env": [{"name": "A", "value": "5"}],
        "args": ["x", "y"],
        "empty": Secret({}),
        "text": "",
    }
