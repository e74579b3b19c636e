"""The wheel: complete, and enough with its declared dependencies alone."""

import os
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PACKAGES = ("bridge", "checks", "components", "local", "provider", "stacks")
STACK = """\
config:
  cortex:cluster:
    environment: development
    context: test
  cortex:namespaces:
    cortex-system: {component: system, description: Core}
    cortex-mcp: {component: mcp, description: MCP servers}
  cortex:servers:
    time: {preset: time, image: "registry.example/time:1.0.0", version: 1.0.0}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), folder=ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def cortex(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `cortex` of an environment that has the wheel and, without an extra, what it requires."""
    environment = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", str(wheel))
    [site] = environment.glob("lib/python3*/site-packages")
    for path in locked():
        if not (site / path.name).exists():
            (site / path.name).symlink_to(path)
    return environment / "bin" / "cortex"


def locked() -> Iterator[Path]:
    """Yield the files and folders here of the packages that the wheel requires, as they are locked for the image."""
    for name in re.findall(r"^([\w.-]+)==", (ROOT / "bridge" / "requirements.txt").read_text(), re.MULTILINE):
        installed = distribution(name)
        parts = {path.parts[0] for path in installed.files or ()} - {"..", "__pycache__"}
        yield from (Path(str(installed.locate_file(part))) for part in parts)


def run(*command: str, folder: Path | None = None, expected: int = 0) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "KUBE", "CORTEX"))}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == expected, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def test_the_wheel_has_every_file_of_its_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not name.partition("/")[0].endswith(".dist-info")}
    tracked = run("git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKAGES, folder=ROOT).stdout
    assert packed == {name for name in tracked.splitlines() if (ROOT / name).is_file()}
    assert {f"{package}/py.typed" for package in PACKAGES} <= packed


def test_an_installed_wheel_tells_its_version_and_its_options(cortex: Path, tmp_path: Path) -> None:
    assert run(str(cortex), "--version", folder=tmp_path).stdout == f"cortex {version('cortex-on-kubernetes')}\n"
    assert "--kubeconfig" in run(str(cortex), "verify", "--help", folder=tmp_path).stdout


def test_an_installed_wheel_verifies(cortex: Path, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: cortex\nruntime: python\n")
    (tmp_path / "Pulumi.test.yaml").write_text(STACK)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig(port)))
        done = run(str(cortex), "verify", "test", "--kubeconfig", "kubeconfig", folder=tmp_path, expected=3)
    assert f"127.0.0.1:{port}" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def kubeconfig(port: int) -> dict[str, object]:
    return {
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "test", "user": {"token": "none"}}],
    }
