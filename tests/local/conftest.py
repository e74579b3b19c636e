"""Fixtures for the tests of the embedded cluster."""

from pathlib import Path

import pytest

from local.folders import Folder
from tests.local.programs import PROGRAMS


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make an empty folder the only one on PATH, and return it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "state" / "mine"
    path.mkdir(parents=True)
    return Folder(path)


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, Path]:
    """Return a fake pulumi that writes its arguments to a file, and empty files as the other programs."""
    place = tmp_path / "programs"
    place.mkdir()
    found = {name: place / name for name in PROGRAMS}
    for path in found.values():
        path.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n')
        path.chmod(0o755)
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    return tmp_path / "pulumi-home"
