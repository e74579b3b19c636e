"""Stacks under a real engine: a second `up` changes nothing, and every stack's preview shows every object."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.conftest import Cluster

pytestmark = pytest.mark.live

GOLDEN = Path(__file__).parents[1] / "components" / "golden"


def test_a_second_up_changes_nothing(stack: Cluster) -> None:
    shown = stack.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--color", "never").stdout
    summary = shown.rpartition("Resources:")[2].partition("Duration")[0]
    assert re.fullmatch(r"\s*\d+ unchanged\s*", summary), shown


@pytest.mark.parametrize("name", ["prod", "staging", "dev", "edge"])
def test_a_preview_shows_every_object_without_secrets(name: str, cluster: Cluster, tmp_path: Path) -> None:
    """As in a pull request: the stack is new to this engine, its secrets are not there, nothing is written."""
    (tmp_path / "state").mkdir()
    shutil.copy(cluster.root / "Pulumi.yaml", tmp_path)
    shutil.copytree(cluster.root / "stacks", tmp_path / "stacks")
    settings = (cluster.root / f"Pulumi.{name}.yaml").read_text()
    (tmp_path / f"Pulumi.{name}.yaml").write_text(settings.replace(f"context: cortex-{name}", "context: cortex-local"))
    there = Cluster(cluster.name, {**cluster.env, "PULUMI_BACKEND_URL": f"file://{tmp_path}/state"}, tmp_path)
    there.run("pulumi", "stack", "init", name)
    before = there.run("kubectl", "get", "namespaces", "-o", "name").stdout

    steps = json.loads(there.run("pulumi", "preview", "--stack", name, "--json").stdout)["steps"]
    assert {step["op"] for step in steps} == {"create"}
    planned = [step["urn"] for step in steps if step["newState"]["type"].startswith("kubernetes:")]
    expected = [document for document in yaml.safe_load_all((GOLDEN / f"{name}.yaml").read_text()) if document]
    assert len(planned) == len(expected), planned
    assert there.run("kubectl", "get", "namespaces", "-o", "name").stdout == before
