"""Fixtures for the tests of images."""

from pathlib import Path

import pytest

from local.images import binary_layers
from local.images.layer import PROGRAM, Entry, write
from local.images.layer_cache import Layer, LayerCache
from tests.local.images.fakes import STATIC, lay


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    lay(
        root,
        {
            "bridge/__init__.py": "",
            "bridge/launch/go.mod": "module launch\n",
            "bridge/launch/main.go": "package main\n",
            "bridge/requirements.txt": "wheel==1",
            "bridge/servers/time/requirements.txt": "wheel==2",
            "checks/cli/main.py": "def main(): ...\n",
            "stacks/model/declaration.py": "A = 1\n",
            "stacks/__pycache__/model.pyc": "stale",
            "stacks/.editor.swp": "secret",
        },
    )
    return root


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, Path]:
    found = {"coredns": tmp_path / "coredns", "metrics-server": tmp_path / "metrics-server"}
    for path in found.values():
        path.write_bytes(STATIC)
    return found


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the npm package, which test_binary_layers.py tests."""

    def fake(cache: LayerCache, _: object) -> Layer:
        return cache.layer("npm", "npm", lambda part: write([Entry("kubernetes-mcp-server", STATIC, PROGRAM)], part))

    monkeypatch.setattr(binary_layers, "kubernetes_mcp_server", fake)
