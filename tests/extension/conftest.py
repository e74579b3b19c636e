"""What the tests of extensions share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks.fake_api import FakeApi, serve
from tests.checks.world import World, declared
from tests.extension.installed import ACME, Extended


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """An API server of a stack without servers."""
    with serve(World(declared(servers={}, configMaps={}))) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path, api: FakeApi) -> Extended:
    """A project whose stack is deployed on that API server."""
    return Extended(tmp_path, api.url)


@pytest.fixture
def acme(project: Extended) -> Extended:
    """The same, with the sample distribution."""
    project.install(ACME)
    return project
