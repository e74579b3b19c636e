from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from provider.cluster import Cluster as KubernetesCluster
from provider.kubeconfig import connect
from provider.settings import Settings
from tests.provider.fake_server import Server
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
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fake_cluster(server: Server) -> KubernetesCluster:
    return KubernetesCluster(*connect(Settings(kubeconfig=server.kubeconfig)))


@pytest.fixture
def project(cluster: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(cluster, tmp_path)
    yield project
    project.run("destroy", "--yes", "--skip-preview")
    assert project.namespace not in project.namespaces()
    project.run("stack", "rm", "live", "--yes")


@pytest.fixture
def image(project: Project) -> str:
    """Return the pause image on the node."""
    return project.image("/pause:")


@pytest.fixture
def python(project: Project) -> str:
    """Return the image on the node that contains Python."""
    return project.image("/cortex:")
