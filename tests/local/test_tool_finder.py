"""Programs are taken from PATH in the pinned version, else from the cache, else built."""

import io
import os
import re
from pathlib import Path

import pytest

from local.errors import ToolError
from local.progress import Progress
from local.tool_finder import ToolFinder
from tests.local.programs import fake, tools


def test_a_fitting_program_on_path_is_used(path: Path, tmp_path: Path) -> None:
    fake(path, "etcd", "echo 'etcd Version: 3.6.9'")
    os.environ["PATH"] += ":/bin:/usr/bin"
    assert ToolFinder(tmp_path / "cache", Progress(io.StringIO())).ensure(tools("etcd")) == {"etcd": path / "etcd"}


def test_another_version_on_path_is_not_used(path: Path, tmp_path: Path) -> None:
    fake(path, "etcd", "echo 'etcd Version: 3.5.1'")
    with pytest.raises(
        ToolError, match=r"^Go is not on PATH, and these have to be built: etcd; install Go 1\.26 or newer"
    ):
        ToolFinder(tmp_path / "cache", Progress(io.StringIO())).ensure(tools("etcd"))


def test_what_is_built_is_found_again(path: Path, tmp_path: Path) -> None:
    script = 'for last; do out=$target; target=$last; done; printf x > "${out}server"'
    fake(path, "go", script)
    os.environ["PATH"] += ":/bin:/usr/bin"
    said = io.StringIO()
    built = ToolFinder(tmp_path / "cache", Progress(said)).ensure(tools("etcd"))
    assert built["etcd"].read_text() == "x"
    building, built_in = (line.split("s  ")[1] for line in said.getvalue().splitlines())
    assert building == "building etcd"
    assert re.fullmatch(r"built etcd in \d+ s", built_in)
    silent = io.StringIO()
    assert ToolFinder(tmp_path / "cache", Progress(silent)).ensure(tools("etcd")) == built
    assert silent.getvalue() == ""
