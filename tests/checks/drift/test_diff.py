"""A zero that the stack declares is a word of its own, unless Kubernetes leaves it out when it writes JSON."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.drift.diff import OMITTED, Difference, differences

GOLDEN = sorted((Path(__file__).parents[2] / "components" / "golden").glob("*.yaml"))
POINTERS = {
    "suspend",
    "allowPrivilegeEscalation",
    "automountServiceAccountToken",
    "backoffLimit",
    "enableServiceLinks",
    "maxUnavailable",
}
"""Fields of Kubernetes' types that are pointers: their absence is not their zero."""

Json = dict[str, Any]


def zeros(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of each `false`, `0` and empty text that is a field of its own."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from zeros(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from zeros(inner, (*path, number))
    elif not value and value is not None and isinstance(path[-1], str):
        yield path


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_every_zero_of_every_stack_counts_or_is_left_out_by_kubernetes(golden: Path) -> None:
    objects: list[Json] = [obj for obj in yaml.safe_load_all(golden.read_text()) if obj]
    seen = set()
    for obj in objects:
        for path in zeros(obj):
            without: Any = copy.deepcopy(obj)
            target = without
            for key in path[:-1]:
                target = target[key]
            del target[path[-1]]
            assert bool(list(differences(obj, without))) is (path[-1] not in OMITTED), path
            seen.add(path[-1])
    assert seen <= OMITTED | POINTERS
    assert {"automountServiceAccountToken", "initialDelaySeconds"} <= seen


@pytest.mark.parametrize(
    ("declared", "live", "found"),
    [
        ({"data": {}}, {"data": {"more": ""}}, [Difference(("data", "more"), None, "")]),
        ({"data": {"key": ""}}, {"data": {}}, [Difference(("data", "key"), "", None)]),
        ({"env": [{"name": "A", "value": ""}]}, {"env": [{"name": "A"}]}, []),
        ({"egress": []}, {}, []),
        ({}, {"hostNetwork": True}, []),
        ({"hostNetwork": False}, {}, []),
        ({"emptyDir": {}}, {"emptyDir": {"sizeLimit": "1Gi"}}, [Difference(("emptyDir",), {}, {"sizeLimit": "1Gi"})]),
        (
            {"securityContext": {"runAsUser": 1}},
            {"securityContext": {"runAsUser": 1, "privileged": False}},
            [Difference(("securityContext", "privileged"), None, False)],  # noqa: FBT003 - the field's value
        ),
    ],
)
def test_what_is_empty_or_added(declared: Json, live: Json, found: list[Difference]) -> None:
    assert list(differences(declared, live)) == found


@pytest.mark.parametrize(
    ("protocol", "found"), [("TCP", False), ("UDP", True)], ids=["as filled in", "as somebody wrote it"]
)
def test_what_the_api_server_fills_in_is_no_difference(protocol: str, found: bool) -> None:
    declared: Json = {"spec": {"egress": [{"ports": [{"port": 53}]}]}}
    live: Json = {"spec": {"egress": [{"ports": [{"port": 53, "protocol": protocol}]}]}}
    assert bool(list(differences(declared, live))) is found
    reference: Json = {"kind": "Role", "name": "a"}
    complete: Json = {"roleRef": {**reference, "apiGroup": "rbac.authorization.k8s.io"}}
    assert list(differences({"roleRef": reference}, complete)) == []


def test_a_key_of_that_name_elsewhere_is_a_difference() -> None:
    (found,) = differences({"data": {}}, {"data": {"protocol": "TCP"}})
    assert found.path == ("data", "protocol")
