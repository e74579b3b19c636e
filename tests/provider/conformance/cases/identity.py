"""Names, imports, removals and patches."""

from __future__ import annotations

from tests.provider.conformance.cases.manifests import CORE, FORCING, config, labelled, meta
from tests.provider.conformance.cases.model import DELETE, NS, REPLACE, SAME, UPDATE, Case
from tests.provider.conformance.engine import Resource

OUTSIDE = {"metadata": {"name": "outside"}, "data": {"theirs": "1"}}


def unnamed(value: str) -> Resource:
    return Resource("auto-named", "core.v1.ConfigMap", {"metadata": {"namespace": NS}, "data": {"a": value}})


def patch(key: str, value: str) -> Resource:
    return Resource(
        "patch", "core.v1.ConfigMapPatch", {"metadata": meta("outside", annotations=FORCING), "data": {key: value}}
    )


IDENTITY = [
    Case("auto-named", [unnamed("1")], [unnamed("2")], {"auto-named": REPLACE}),
    Case(
        "renamed-object", [config("before", resource="renamed")], [config("after", resource="renamed")],
        {"renamed": REPLACE}, {"renamed": {"metadata.name"}},
        {f"{CORE}/configmaps/before": None, f"{CORE}/configmaps/after": {"data": {"a": "1"}}},
    ),
    Case(
        "renamed-resource", [config("aliased", resource="old-name")],
        [config("aliased", resource="new-name", aliases=[{"name": "old-name"}])], {"new-name": SAME},
    ),
    Case("removed", [config("removed")], [], {"removed": DELETE}, live={f"{CORE}/configmaps/removed": None}),
    Case(
        "retained", [config("retained", retain_on_delete=True)], [], {"retained": DELETE},
        live={f"{CORE}/configmaps/retained": {"data": {"a": "1"}}},
    ),
    Case(
        "imported", [labelled("theirs", "1", import_=f"{NS}/theirs")], [labelled("theirs", "2")],
        {"theirs": UPDATE}, live={f"{CORE}/serviceaccounts/theirs": {"metadata": {"labels": {"a": "2"}}}},
        existing=[(f"{CORE}/serviceaccounts", {"metadata": {"name": "theirs", "labels": {"a": "1"}}})],
    ),
    Case(
        "patch", [patch("mine", "1")], [patch("mine", "2")], {"patch": UPDATE}, {"patch": {"data.mine"}},
        {f"{CORE}/configmaps/outside": {"data": {"mine": "2", "theirs": "1"}}},
        existing=[(f"{CORE}/configmaps", OUTSIDE)],
    ),
    Case(
        "unpatch",
        [Resource("unpatch", "core.v1.ConfigMapPatch", {"metadata": meta("other"), "data": {"mine": "1"}})],
        [], {"unpatch": DELETE}, live={f"{CORE}/configmaps/other": {"data": {"theirs": "1"}}},
        existing=[(f"{CORE}/configmaps", {"metadata": {"name": "other"}, "data": {"theirs": "1"}})],
    ),
]  # fmt: skip
