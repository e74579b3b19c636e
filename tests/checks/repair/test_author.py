"""Managed fields tell who set what, and when."""

from typing import Any

from checks.repair.author import Author, author, creator, has_other_owners, last_writer, owner

ENV: dict[str, Any] = {'k:{"name":"DRIFT"}': {".": {}, "f:name": {}, "f:value": {}}}
CONTAINERS = {"f:containers": {'k:{"name":"time"}': {".": {}, "f:env": ENV}}}
LIVE: dict[str, Any] = {
    "metadata": {
        "name": "time",
        "namespace": "space",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [
            {"manager": "pulumi-kubernetes", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:tier": {}}}},
            {"manager": "kubectl-edit", "time": "2026-01-02T00:00:00Z", "fieldsV1": {"f:spec": CONTAINERS}},
            {"manager": "other", "time": "2026-01-03T00:00:00Z", "fieldsV1": {"f:spec": {"f:rules": {}, "f:tier": {}}}},
            {
                "manager": "kube-controller-manager",
                "subresource": "scale",
                "time": "2026-01-04T00:00:00Z",
                "fieldsV1": {"f:spec": {"f:replicas": {}}},
            },
        ],
    },
    "spec": {
        "tier": 1,
        "replicas": 3,
        "rules": [{"verbs": ["get"]}],
        "containers": [{"name": "side"}, {"name": "time", "env": [{"name": "A"}, {"name": "DRIFT", "value": "1"}]}],
    },
}


def test_the_author_of_a_field_inside_of_items() -> None:
    path = ("spec", "containers", "[time]", "env", "[DRIFT]")
    assert author(LIVE, path) == Author("kubectl-edit", "2026-01-02T00:00:00Z")
    assert author(LIVE, (*path[:-1], "[A]")) is None
    assert author(LIVE, ("spec", "containers", "[side]")) is None


def test_the_author_of_a_part_of_an_atomic_list() -> None:
    assert author(LIVE, ("spec", "rules", "[0]")) == Author("other", "2026-01-03T00:00:00Z")


def test_another_author_counts_more_than_pulumi() -> None:
    who = author(LIVE, ("spec", "tier"))
    assert who is not None
    assert who.manager == "other"
    assert has_other_owners(LIVE, ("spec", "tier"))
    assert not has_other_owners(LIVE, ("spec", "containers"))


def test_a_controller_is_known_by_name_and_subresource() -> None:
    who = author(LIVE, ("spec", "replicas"))
    assert who is not None
    assert who.is_controller
    assert str(who) == "kube-controller-manager through scale at 2026-01-04T00:00:00Z"


def test_who_made_and_who_changed_an_object() -> None:
    assert creator(LIVE) == Author("pulumi-kubernetes", "2026-01-01T00:00:00Z")
    assert last_writer(LIVE) == Author("other", "2026-01-03T00:00:00Z")


def test_only_a_controller_owns() -> None:
    owners = [{"kind": "A", "name": "a"}, {"kind": "B", "name": "b", "controller": True}]
    live: dict[str, Any] = {"metadata": {**LIVE["metadata"], "ownerReferences": owners}}
    assert owner(LIVE) is None
    assert str(owner(live)) == "B space/b"
