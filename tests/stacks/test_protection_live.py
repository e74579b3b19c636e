"""A namespace of production is protected: its removal is refused, and the refusal says how to go on."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.stacks.changing import Project
from tests.stacks.strategies import Settings

pytestmark = pytest.mark.live

UP = ("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")


@pytest.fixture
def project(played: Cluster, tmp_path: Path) -> Iterator[Project]:
    yield Project(played, tmp_path, ["drift"])
    played.run("pulumi", "state", "unprotect", "--stack", "local", "--all", "--yes")


def production(*namespaces: str) -> Settings:
    """Declare namespaces of production, and nothing else."""
    spaces = {name: {"component": "test", "description": "Kept"} for name in namespaces}
    cluster = {"context": "cortex-local", "environment": "production", "nodes": 1}
    return {"cluster": cluster, "namespaces": spaces}


def test_a_protected_namespace_is_removed_as_the_refusal_says(project: Project) -> None:
    project.up(production("cortex-system", "cortex-data"))
    project.declare(production("cortex-system"))
    said = project.refused(*UP)
    command = re.search(r"`(pulumi state unprotect [^`]+)`", said)
    assert command is not None, said
    assert "cortex-data" in project.names("namespaces")
    # As printed, by a user whose shell reads it and who has selected the stack.
    project.run("pulumi", "stack", "select", "local")
    project.run("sh", "-c", f"{command[1]} --yes")
    project.up(production("cortex-system"))
    assert "cortex-data" not in project.names("namespaces")
