"""Builds: a failed build says why, leaves nothing incomplete and ends the others."""

import io
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from local.errors import ToolError
from local.progress import Progress
from local.tool_finder import ToolFinder
from local.toolchain import TEST_TOOLS
from tests.local.programs import fake, tools


def test_a_build_that_fails_says_why_and_leaves_no_half(path: Path, tmp_path: Path) -> None:
    fake(path, "go", "echo 'no space left on device'; exit 1")
    os.environ["PATH"] += ":/bin:/usr/bin"
    with pytest.raises(ToolError, match=r"^building etcd failed: no space left on device \(full log: .*\.log\)$"):
        ToolFinder(tmp_path / "cache", Progress(io.StringIO())).ensure(tools("etcd"))
    assert [file.suffix for file in (tmp_path / "cache" / "tools").iterdir()] == [".log"]


def test_one_failed_build_ends_the_others(path: Path, tmp_path: Path) -> None:
    script = 'case "$PWD" in *kwok) exec sleep 60 ;; *) echo broken; exit 1 ;; esac'
    fake(path, "go", script)
    os.environ["PATH"] += ":/bin:/usr/bin"
    started = time.monotonic()
    with pytest.raises(ToolError, match=r"^building etcd failed: broken"):
        ToolFinder(tmp_path / "cache", Progress(io.StringIO())).ensure(tools("etcd", "kwok"))
    assert time.monotonic() - started < 20
    assert {file.suffix for file in (tmp_path / "cache" / "tools").iterdir()} == {".log"}


def test_build_tags_reach_go_and_make_another_build(path: Path, tmp_path: Path) -> None:
    (promtool,) = (tool for tool in TEST_TOOLS if tool.tags)
    assert promtool.key() != replace(promtool, tags=()).key()
    script = 'for last; do out=$target; target=$last; done; echo "$*" > "${out}promtool"'
    fake(path, "go", script)
    os.environ["PATH"] += ":/bin:/usr/bin"
    built = ToolFinder(tmp_path / "cache", Progress(io.StringIO())).ensure([promtool])
    assert "-tags remove_all_sd -ldflags" in built["promtool"].read_text()
