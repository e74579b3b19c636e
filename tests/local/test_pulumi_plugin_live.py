"""Pulumi runs the official plugin on the embedded cluster if the user has it."""

import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from provider.install import PLUGIN, plugin_version, write_plugin
from tests.conftest import Cluster, cortex
from tests.provider.project import Project

pytestmark = pytest.mark.live


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """Return the file to which the plugin in the user's Pulumi home writes each start."""
    return tmp_path / "started"


@pytest.fixture
def official(cluster: Cluster, tmp_path: Path, started: Path) -> Iterator[None]:
    """Return a Pulumi home with ours as the official plugin, because the official one may not be available."""
    ours = write_plugin(tmp_path / "ours", Path(sys.executable))
    plugin = tmp_path / "home" / "plugins" / f"resource-kubernetes-v{plugin_version()}" / PLUGIN
    plugin.parent.mkdir(parents=True)
    plugin.write_text(f'#!/bin/sh\necho started >> {shlex.quote(str(started))}\nexec {shlex.quote(str(ours))} "$@"\n')
    plugin.chmod(0o755)
    up = ("local", "up", "--name", cluster.name)
    done = cortex(*up, env={**os.environ, "PULUMI_HOME": str(tmp_path / "home")})
    assert done.returncode == 0, done.stderr
    try:
        yield
    finally:
        assert cortex(*up).returncode == 0


def test_pulumi_lists_and_runs_the_official_plugin(
    cluster: Cluster, official: None, started: Path, tmp_path: Path
) -> None:
    listed = json.loads(cluster.run("pulumi", "plugin", "ls", "--json").stdout)
    assert [(entry["name"], entry["version"]) for entry in listed] == [("kubernetes", plugin_version())]
    folder = tmp_path / "project"
    folder.mkdir()
    project = Project(cluster, folder)
    assert not started.exists()
    counts, output = project.up("")
    project.run("destroy", "--yes", "--skip-preview")
    assert counts["created"] == 2, output
    assert started.exists()
