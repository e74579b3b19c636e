"""The JSON Schema: as committed, as printed, and of one mind with the model."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from stacks.schema import document, render

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "declaration.schema.json"
STACKS = sorted(ROOT.glob("Pulumi.*.yaml"))
schema_document = cache(document)
"""The schema, made once: that takes a tenth of a second."""


def test_committed_schema_is_that_of_the_model() -> None:
    assert FILE.read_text(encoding="utf-8") == render(), f"run `cortex schema > {FILE.relative_to(ROOT)}`"


def test_command_prints_it(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "checks.cli.main", "schema"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == render()


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema_document())


def test_every_setting_is_described() -> None:
    schema = schema_document()
    parts: list[dict[str, Any]] = [*schema["$defs"].values(), schema["properties"]["config"]]
    bare = [
        name
        for part in parts
        for name, setting in part.get("properties", {}).items()
        if "description" not in setting and "description" not in _target(schema, setting)
    ]
    assert bare == []


def _target(schema: dict[str, Any], setting: dict[str, Any]) -> dict[str, Any]:
    found = schema["$defs"].get(setting.get("$ref", "").rpartition("/")[2], {})
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_stack_files_fit_and_lead_editors_to_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={FILE.relative_to(ROOT)}"
    assert list(faults(yaml.safe_load(text))) == []


def faults(stack: object) -> Iterator[str]:
    """Give the paths of what the schema refuses."""
    for fault in jsonschema.Draft202012Validator(schema_document()).iter_errors(stack):
        yield ".".join(str(part) for part in fault.absolute_path)


NAMESPACE = {"component": "c", "description": "d"}
VALID: dict[str, Any] = {
    "cortex:cluster": {"context": "c", "environment": "e"},
    "cortex:namespaces": {"cortex-system": {**NAMESPACE, "quota": {"pods": 50, "requests.cpu": "500m"}}},
}
OTHER = {"image": "registry.test/other:1", "version": "1", "transport": "http", "capabilities": {"demo": []}}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"secrets:token": {"secure": "v1:abc"}, "kubernetes:context": "other"},
        {"cortex:servers": {"clock": {"preset": "time", "image": "registry.test/time:1", "version": "1"}}},
        {"cortex:servers": {"other": OTHER}},
        {"cortex:servers": {"own": {"preset": "own"}}},
        {"cortex:servers": {"other": {"image": "registry.test/other:1"}}, "cortex:defaults": {"version": "1"}},
        {"cortex:extends": "base", "cortex:namespaces": {"cortex-mcp": {"quota": {"pods": 9}}}},
    ],
)
def test_right_files_fit(more: dict[str, object]) -> None:
    assert list(faults({"config": {**VALID, **more}, "encryptionsalt": "v1:abc"})) == []


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"cortex:cluster": {"context": "c"}}, "config.cortex:cluster"),
        ({"cortex:cluser": {}}, "config"),
        ({"cortex:namespaces": {"Cortex": NAMESPACE}}, "config.cortex:namespaces"),
        ({"cortex:namespaces": {"a": {**NAMESPACE, "qouta": {}}}}, "config.cortex:namespaces.a"),
        (
            {"cortex:servers": {"other": {"image": "registry.test/other:1", "version": "1"}}},
            "config.cortex:servers.other",
        ),
        ({"cortex:servers": {"other": {**OTHER, "image": "My Server"}}}, "config.cortex:servers.other.image"),
        ({"cortex:servers": {"time": {"image": "registry.test/time:1", "version": "1"}}}, "config.cortex:servers.time"),
        ({"cortex:servers": {"clock": {"preset": "time", "version": "1"}}}, "config.cortex:servers.clock"),
        ({"cortex:servers": {"other": {**OTHER, "port": 0}}}, "config.cortex:servers.other.port"),
        ({"cortex:servers": {"other": {**OTHER, "env": {"a-b": "c"}}}}, "config.cortex:servers.other.env"),
        ({"cortex:resourceManager": {"scope": "all"}}, "config.cortex:resourceManager"),
    ],
)
def test_wrong_files_do_not(more: dict[str, object], path: str) -> None:
    assert set(faults({"config": {**VALID, **more}})) == {path}
