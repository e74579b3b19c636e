"""Fields are found by what comparisons and managed fields call them."""

import pytest

from checks.repair.paths import Path, find, pointer
from stacks.manifests.manifest import Value

DOCUMENT: Value = {
    "metadata": {"labels": {"a/b~c": "1"}, "finalizers": ["x"]},
    "spec": {
        "containers": [{"name": "one", "env": [{"name": "A"}, {"name": "B"}]}, {"name": "two"}],
        "ports": [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}],
        "rules": [{"verbs": ["get"]}, {"verbs": ["list"]}],
    },
}


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (("metadata", "labels", "a/b~c"), "/metadata/labels/a~1b~0c"),
        (("metadata", "finalizers", '["x"]'), "/metadata/finalizers/0"),
        (("spec", "containers", "[two]"), "/spec/containers/1"),
        (("spec", "containers", "[one]", "env", '[{"name":"B"}]'), "/spec/containers/0/env/1"),
        (("spec", "ports", '[{"port":80,"protocol":"UDP"}]'), "/spec/ports/1"),
        (("spec", "rules", "[1]", "verbs"), "/spec/rules/1/verbs"),
    ],
)
def test_a_field_is_found(path: Path, where: str) -> None:
    field = find(DOCUMENT, path)
    assert field is not None
    assert pointer(field.tokens) == where


@pytest.mark.parametrize(
    "path",
    [
        ("spec", "none"),
        ("spec", "containers", "[three]"),
        ("spec", "rules", "[2]"),
        ("spec", "rules", "[x]"),
        ("spec", "ports", '[{"port":81}]'),
        ("metadata", "labels", "a/b~c", "deeper"),
    ],
)
def test_what_is_not_there_is_not_found(path: Path) -> None:
    assert find(DOCUMENT, path) is None


def test_items_on_the_way_are_known_by_their_keys() -> None:
    by_name = find(DOCUMENT, ("spec", "containers", "[one]", "env", "[B]"))
    by_key = find(DOCUMENT, ("spec", "ports", '[{"port":80,"protocol":"UDP"}]', "port"))
    assert by_name is not None
    assert by_name.marks == ((("spec", "containers", 0, "name"), "one"),)
    assert by_key is not None
    assert by_key.marks == ((("spec", "ports", 1, "port"), 80), (("spec", "ports", 1, "protocol"), "UDP"))
