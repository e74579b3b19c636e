"""Layers of Python code."""

from importlib.metadata import distribution, distributions, version
from pathlib import Path

import pytest

from local.images import ImageError
from local.images.layer_cache import LayerCache
from local.images.python_layers import code, metadata, wheels
from local.images.run_program import run
from tests.local.images.fakes import lay


def test_real_compiled_code_is_the_same_each_time(tmp_path: Path, source: Path) -> None:
    lay(source, {"stacks/model/declaration.py": "NAMES = {'a', 'b', 'c'}\ndef has(n): return n in {'x', 'y', 'zed'}\n"})
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


def test_an_image_knows_the_version_and_the_entry_points_that_it_can_load(tmp_path: Path) -> None:
    for entry in metadata(distribution("cortex-on-kubernetes"), ["checks"], "code"):
        assert isinstance(entry.content, bytes)
        lay(tmp_path, {entry.path: entry.content.decode()})
    [found] = distributions(path=[str(tmp_path / "code")])
    assert (found.name, found.version) == ("cortex-on-kubernetes", version("cortex-on-kubernetes"))
    assert {point.module.partition(".")[0] for point in found.entry_points} == {"checks"}
    assert [point.value for point in found.entry_points.select(name="cortex")] == ["checks.cli.main:main"]
