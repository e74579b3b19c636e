"""Layers of Python code."""

from pathlib import Path

import pytest

from local.images import ImageError
from local.images.layer_cache import LayerCache
from local.images.python_layers import code, wheels
from local.images.run_program import run
from tests.local.images.fakes import lay


def test_real_compiled_code_is_the_same_each_time(tmp_path: Path, source: Path) -> None:
    lay(source, {"stacks/model.py": "NAMES = {'a', 'b', 'c'}\ndef has(n): return n in {'x', 'y', 'zed'}\n"})
    digests = {
        code(source, ["stacks"], "opt/code", [], LayerCache(tmp_path / name), run).digest
        for name in ("one", "two", "three")
    }
    assert len(digests) == 1


def test_what_pip_refuses_is_told(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("no requirement at all\n", encoding="utf-8")
    with pytest.raises(ImageError, match=r"^pip failed with code 1: ERROR: Invalid requirement"):
        wheels(lock, "opt/site", [], LayerCache(tmp_path / "cache"), run)
