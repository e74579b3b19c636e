"""Programs: on PATH if they fit, in the cache if they are whole, else built; the pinned versions agree."""

import io
import json
import os
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from local import versions
from local.errors import ToolError
from local.progress import Progress
from local.tool_finder import ToolFinder
from local.toolchain import MODULES, TEST_TOOLS, TOOLS, Tool

ROOT = Path(__file__).parents[2]


def module(name: str) -> str:
    return (MODULES / name / "go.mod").read_text()


def tools(*names: str) -> list[Tool]:
    return [tool for tool in TOOLS if tool.name in names]


def fake(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """PATH is an empty folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}")
    return folder


def test_each_tool_has_its_module_with_sums() -> None:
    wanted = {name for tool in (*TOOLS, *TEST_TOOLS) for name in tool.modules or (tool.name,)}
    there = {file.parent.name for file in MODULES.glob("*/go.mod")}
    assert wanted == there
    assert all((MODULES / name / "go.sum").stat().st_size for name in there)


def test_versions_agree_with_the_modules() -> None:
    assert f"k8s.io/kubernetes {versions.KUBERNETES}" in module("kubernetes")
    assert f"github.com/pulumi/pulumi/pkg/v3 {versions.PULUMI}" in module("pulumi")
    assert f"pulumi=={versions.PULUMI.removeprefix('v')}" in (ROOT / "pyproject.toml").read_text()


def test_every_staging_module_is_of_the_kubernetes_version() -> None:
    stage = versions.KUBERNETES.replace("v1.", "v0.")
    replaced = re.findall(r"^\s*(?:replace )?k8s\.io/\S+ => k8s\.io/\S+ (\S+)", module("kubernetes"), re.MULTILINE)
    assert set(replaced) == {stage}


def test_a_fitting_program_on_path_is_used(path: Path, tmp_path: Path) -> None:
    fake(path, "etcd", "etcd Version: 3.6.9")
    os.environ["PATH"] += ":/bin:/usr/bin"
    assert ToolFinder(tmp_path / "cache", Progress(io.StringIO())).ensure(tools("etcd")) == {"etcd": path / "etcd"}


def test_another_version_on_path_is_not_used(path: Path, tmp_path: Path) -> None:
    fake(path, "etcd", "etcd Version: 3.5.1")
    with pytest.raises(
        ToolError, match=r"^Go is not on PATH, and these have to be built: etcd: install Go 1\.26 or newer"
    ):
        ToolFinder(tmp_path / "cache", Progress(io.StringIO())).ensure(tools("etcd"))


def test_a_build_that_fails_says_why_and_leaves_no_half(path: Path, tmp_path: Path) -> None:
    fake(path, "go", "no space left on device")
    (path / "go").write_text("#!/bin/sh\necho 'no space left on device'; exit 1\n")
    os.environ["PATH"] += ":/bin:/usr/bin"
    with pytest.raises(ToolError, match=r"^building etcd failed: no space left on device \(all of it: .*\.log\)$"):
        ToolFinder(tmp_path / "cache", Progress(io.StringIO())).ensure(tools("etcd"))
    assert [file.suffix for file in (tmp_path / "cache" / "tools").iterdir()] == [".log"]


def test_what_is_built_is_found_again(path: Path, tmp_path: Path) -> None:
    script = 'for last; do out=$target; target=$last; done; printf x > "${out}server"'
    (path / "go").write_text(f"#!/bin/sh\n{script}\n")
    (path / "go").chmod(0o755)
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


def test_no_module_names_a_registry() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    locks = [name for name in files if name.endswith((".lock", "requirements.txt", "package-lock.json", "go.mod"))]
    assert locks
    for name in locks:
        text = (ROOT / name).read_text()
        assert not re.search(r"https?://", text), name
        assert "--index-url" not in text, name


def test_kubectl_is_stamped_with_its_version() -> None:
    (tool,) = (tool for tool in TOOLS if tool.name == "kubernetes")
    major, minor = versions.KUBERNETES.removeprefix("v").split(".")[:2]
    assert json.dumps(tool.stamps).count(versions.KUBERNETES) == 1
    assert {f"gitMajor={major}", f"gitMinor={minor}"} <= {stamp.rpartition(".")[2] for stamp in tool.stamps}


def test_one_failed_build_ends_the_others(path: Path, tmp_path: Path) -> None:
    script = 'case "$PWD" in *kwok) exec sleep 60 ;; *) echo broken; exit 1 ;; esac'
    (path / "go").write_text(f"#!/bin/sh\n{script}\n")
    (path / "go").chmod(0o755)
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
    (path / "go").write_text(f"#!/bin/sh\n{script}\n")
    (path / "go").chmod(0o755)
    os.environ["PATH"] += ":/bin:/usr/bin"
    built = ToolFinder(tmp_path / "cache", Progress(io.StringIO())).ensure([promtool])
    assert "-tags remove_all_sd -ldflags" in built["promtool"].read_text()
