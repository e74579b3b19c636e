"""What the tests of the checks share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from checks.connection import api_server
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi, serve
from tests.checks.patient import forgiving
from tests.checks.world import World, declared
from tests.conftest import Cluster


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgive a busy machine its latency: the server that answers shares a process with who asks."""
    monkeypatch.setattr(api_server, "_threshold", forgiving)


@pytest.fixture
def impatient() -> Iterator[None]:
    """Retry requests at once, and three times at most."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """An API server of a stack without servers."""
    with serve(World(declared(servers={}, configMaps={}))) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path, api: FakeApi) -> Project:
    """A project whose stack is deployed on that API server."""
    return Project(tmp_path, api.url)


@pytest.fixture
def no_failed_run(stack: Cluster) -> None:
    """Forget verifications that failed: one on schedule may have met another test's drift, and stays until the next."""
    failed = ("jobs", "--field-selector=status.successful=0", "--cascade=foreground")
    stack.run("kubectl", "--namespace=cortex-system", "delete", *failed)
