"""Manifests that are taken as they are, and the verifier's permission to read them."""

import pytest

from stacks.manifests.build import build
from stacks.manifests.files import plurals
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration
from tests.stacks.wrong import VALID

DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "mice.example.test"},
    "spec": {"group": "example.test", "names": {"kind": "Mouse", "plural": "mice"}},
}
MOUSE = {"apiVersion": "example.test/v1", "kind": "Mouse", "metadata": {"name": "a", "namespace": "cortex-mcp"}}
LABELLED = {**MOUSE, "metadata": {**MOUSE["metadata"], "name": "b", "labels": {"x": "y"}}, "spec": {"tail": 1}}  # type: ignore[dict-item]
VERIFIER = {"image": "registry.test/cortex:1"}


@pytest.fixture
def manifests() -> tuple[Manifest, ...]:
    files = {"mice.yaml": [DEFINITION, MOUSE, LABELLED]}
    return build(Declaration.model_validate({**VALID, "manifests": files, "verifier": VERIFIER}))


def test_they_are_as_written_and_in_their_order(manifests: tuple[Manifest, ...]) -> None:
    of_file = [each for each in manifests if each.declared_at == ("manifests", "mice.yaml")]
    assert [each.document() for each in of_file] == [DEFINITION, MOUSE, LABELLED]
    assert [[name for _, _, name in each.depends_on] for each in of_file] == [[], ["mice.example.test"], ["a"]]


def test_the_verifier_may_get_each_by_its_name(manifests: tuple[Manifest, ...]) -> None:
    rules = {
        (each.kind, each.namespace): each.content["rules"]
        for each in manifests
        if each.name == "cortex-verifier-manifests" and "rules" in each.content
    }
    assert rules == {
        ("ClusterRole", ""): [
            {
                "apiGroups": ("apiextensions.k8s.io",),
                "resources": ("customresourcedefinitions",),
                "verbs": ("get",),
                "resourceNames": ("mice.example.test",),
            }
        ],
        ("Role", "cortex-mcp"): [
            {"apiGroups": ("example.test",), "resources": ("mice",), "verbs": ("get",), "resourceNames": ("a", "b")}
        ],
    }


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("Ingress", "ingresses"),
        ("NetworkPolicy", "networkpolicies"),
        ("Gateway", "gateways"),
        ("HTTPRoute", "httproutes"),
        ("Endpoints", "endpoints"),
        ("StorageClass", "storageclasses"),
    ],
)
def test_plural_follows_from_the_kind(kind: str, plural: str) -> None:
    assert plurals([Manifest("x/v1", kind, "a")]) == {("x", kind): plural}
