"""A simulated Talos cluster, and a project whose stack is on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks.cli.project import LIGHT, Project
from tests.checks.fake_api import FakeApi
from tests.checks.talos.simulated_node import SimulatedCluster, control_planes, simulated, workers
from tests.checks.talos.talos_world import become_talos


@pytest.fixture
def talos() -> Iterator[SimulatedCluster]:
    """Three control-plane nodes and a worker."""
    with simulated(*control_planes(), *workers()) as cluster:
        yield cluster


@pytest.fixture
def talosconfig(talos: SimulatedCluster, tmp_path: Path) -> Path:
    file = tmp_path / "talosconfig"
    file.write_text(talos.talosconfig())
    return file


@pytest.fixture
def on_talos(project: Project, api: FakeApi, talos: SimulatedCluster) -> Project:
    """The stack declares Talos, and Kubernetes has its nodes."""
    cluster = {**LIGHT["cluster"], "nodes": 4}
    project.declare({**LIGHT, "cluster": cluster, "talos": {"port": talos.port}})
    become_talos(api.world, talos.nodes.values())
    return project
