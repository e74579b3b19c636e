"""What the tests of extensions share."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.cli import command_group
from checks.extensions import extensions
from checks.formats.formats import formats
from checks.results.catalogue import catalogue
from checks.verification.checks import checks
from stacks.model.presets.installed import installed
from stacks.validation.suppression_codes import added
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


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read the entry points again in this process, before and after the test."""
    known = set(sys.modules)
    monkeypatch.setattr(sys, "path", sys.path[:])
    caches = (extensions, formats, catalogue, checks, command_group.entries, installed, added)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()
    for name in set(sys.modules) - known:
        if name.split(".")[0] in ("x", "lost", "acme_cortex"):
            del sys.modules[name]
