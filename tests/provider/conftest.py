from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provider.settings import Settings
from tests.provider.fakes import FakeApi, Lifecycle
from tests.provider.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Cluster


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def lifecycle(api: FakeApi) -> Lifecycle:
    return Lifecycle(api, Settings())


@pytest.fixture
def project(cluster: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(cluster, tmp_path)
    yield project
    project.run("destroy", "--yes", "--skip-preview")
    assert project.namespace not in project.namespaces()
    project.run("stack", "rm", "live", "--yes")


@pytest.fixture
def image(project: Project) -> str:
    """The pause image that the node has."""
    return project.image("/pause:")


@pytest.fixture
def python(project: Project) -> str:
    """The image of the node that has Python."""
    return project.image("/cortex:")
