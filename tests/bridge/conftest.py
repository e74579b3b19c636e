"""The program `launch`, built once for all of its tests."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="session")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("launch") / "launch"
    env = os.environ | {"CGO_ENABLED": "0"}
    subprocess.run(["go", "build", "-o", str(built), "."], cwd=ROOT / "bridge" / "launch", env=env, check=True)
    return built
