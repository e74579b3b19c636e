"""The tools, their Go modules and the pinned versions agree."""

import json
import re
import subprocess
from pathlib import Path

from local import versions
from local.toolchain import MODULES, TEST_TOOLS, TOOLS

ROOT = Path(__file__).parents[2]


def module(name: str) -> str:
    return (MODULES / name / "go.mod").read_text()


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


def test_no_module_names_a_registry() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    locks = [name for name in files if name.endswith((".lock", "requirements.txt", "package-lock.json", "go.mod"))]
    assert locks
    for name in locks:
        text = (ROOT / name).read_text()
        # npm also notes where its packages ask for money.
        assert not re.search(r'(?<!"url": ")https?://', text), name
        assert '"resolved"' not in text, name
        assert "--index-url" not in text, name


def test_kubectl_is_stamped_with_its_version() -> None:
    (tool,) = (tool for tool in TOOLS if tool.name == "kubernetes")
    major, minor = versions.KUBERNETES.removeprefix("v").split(".")[:2]
    assert json.dumps(tool.stamps).count(versions.KUBERNETES) == 1
    assert {f"gitMajor={major}", f"gitMinor={minor}"} <= {stamp.rpartition(".")[2] for stamp in tool.stamps}
