"""The files of `cortex:manifests`: read into the declaration, or refused with a line."""

import json
from pathlib import Path

import pytest
import yaml

from stacks.errors import DeclarationError
from stacks.loader import load
from stacks.model.declaration import Declaration
from tests.stacks.wrong import VALID

GOOD = """
apiVersion: v1
kind: ConfigMap
metadata: {name: extra, namespace: cortex-mcp, creationTimestamp: null}
data: {until: 2026-12-31}
---
# nothing
---
apiVersion: example.test/v1
kind: Widget
metadata: {name: first}
spec: {size: 3}
"""


def declared(root: Path, *files: str, **settings: object) -> Declaration:
    config = {**VALID, "manifests": list(files), **settings}
    (root / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": {f"cortex:{k}": v for k, v in config.items()}}))
    return load("prod", root)


def refused(root: Path, text: str, **settings: object) -> list[str]:
    (root / "extra.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError) as raised:
        declared(root, "extra.yaml", **settings)
    return [line.removeprefix("Pulumi.prod.yaml: cortex:manifests") for line in str(raised.value).splitlines()]


def test_documents_are_in_the_declaration_and_in_what_is_published(tmp_path: Path) -> None:
    (tmp_path / "extra.yaml").write_text(GOOD, encoding="utf-8")
    declaration = declared(tmp_path, "extra.yaml")
    config, widget = declaration.manifests["extra.yaml"]
    assert config["metadata"] == {"name": "extra", "namespace": "cortex-mcp"}
    assert config["data"] == {"until": "2026-12-31"}, "as Kubernetes reads it"
    assert widget["kind"] == "Widget"
    assert Declaration.model_validate(json.loads(declaration.canonical())) == declaration


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ": extra.yaml: has no documents: remove it from the list"),
        ("- a", ": extra.yaml: document 0 is not a mapping: begin it with apiVersion and kind"),
        ("a: 1\na: 2", ": extra.yaml: not valid YAML at line 2, column 1: 'a' is written twice"),
        ("kind: A", ".extra.yaml.0: has no apiVersion: give it as text"),
        ("apiVersion: 1.2\nkind: A", ".extra.yaml.0: has no apiVersion: give it as text"),
        ("{apiVersion: a/b, kind: A}", ".extra.yaml.0: apiVersion 'a/b' is not one: write for instance v1 or apps/v1"),
        ("{apiVersion: v1, kind: pod}", ".extra.yaml.0: kind 'pod' is not one: write for instance ConfigMap"),
        ("{apiVersion: v1, kind: Pod}", ".extra.yaml.0: has no metadata: give at least metadata.name"),
        ("{apiVersion: v1, kind: Pod, metadata: {}}", ".extra.yaml.0: has no metadata.name: give it as text"),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
            ".extra.yaml.0: is a ConfigMap without a namespace: give metadata.namespace",
        ),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: other}}",
            ".extra.yaml.0: namespace 'other' is not declared: add it under cortex:namespaces or "
            "cortex:existingNamespaces, or use one of cortex-mcp, cortex-system",
        ),
        (
            "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: cortex-mcp}, data: {a: aHVudGVyMg==}}",
            ".extra.yaml.0: is a Secret, whose values would be in the clear: declare it under cortex:secrets",
        ),
        (
            "{apiVersion: a/v1, kind: A, metadata: {name: a}, status: {}}",
            ".extra.yaml.0: has a status, which the cluster writes: remove it",
        ),
        (
            "{apiVersion: a/v1, kind: A, metadata: {name: a, uid: b}}",
            ".extra.yaml.0: has metadata.uid: only name, namespace, labels, annotations are taken, so remove it",
        ),
        (
            "{apiVersion: a/v1, kind: A, metadata: {name: a, labels: {b: 1}}}",
            ".extra.yaml.0: metadata.labels has 'b', whose value must be text: put it in quotes",
        ),
        (
            "{apiVersion: v1, kind: ConfigMapList, items: []}",
            ".extra.yaml.0: is a list: write its items as documents of their own, with --- between them",
        ),
        (
            "{apiVersion: v1, kind: Service, metadata: {name: clock-mcp-server, namespace: cortex-mcp}}",
            ".extra.yaml: Service cortex-mcp/clock-mcp-server is an object of servers.clock, too: "
            "remove it here or there",
        ),
        (
            "{apiVersion: a/v1, kind: A, metadata: {name: a}}\n---\n{apiVersion: a/v1, kind: A, metadata: {name: a}}",
            ".extra.yaml: A a is an object of manifests.extra.yaml, too: remove it here or there",
        ),
    ],
)
def test_wrong_files_get_their_line(text: str, line: str, tmp_path: Path) -> None:
    lines = refused(tmp_path, text)
    assert lines == [line]
    assert "aHVudGVyMg" not in lines[0]


def test_a_file_that_is_not_there_and_one_that_is_named_twice_have_their_lines(tmp_path: Path) -> None:
    (tmp_path / "extra.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(DeclarationError) as raised:
        declared(tmp_path, "extra.yaml", "extra.yaml", "other.yaml")
    first, second = str(raised.value).splitlines()
    assert first == "Pulumi.prod.yaml: cortex:manifests: extra.yaml: is named twice: remove one"
    assert second.startswith("Pulumi.prod.yaml: cortex:manifests: other.yaml: cannot be read (No such file")


def test_the_setting_is_a_list(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="cortex:manifests: must be a list of YAML files"):
        declared(tmp_path, manifests="extra.yaml")
