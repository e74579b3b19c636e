"""Layers of static programs; only the pinned program is taken from npm."""

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from local.images import ImageError, binary_layers
from local.images.layer_cache import LayerCache
from tests.local.images.fakes import DYNAMIC


def test_another_file_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    def npm(arguments: Sequence[str], *, folder: Path) -> None:
        package, _, version = arguments[-1].rpartition("@")
        with tarfile.open(folder / f"{package}-{version}.tgz", "w:gz") as tar:
            tar.addfile(tarfile.TarInfo(f"package/bin/{package}"), io.BytesIO())

    with pytest.raises(ImageError, match="has another hash than the pinned one"):
        binary_layers.kubernetes_mcp_server(LayerCache(tmp_path), npm)
    assert not list((tmp_path / "layers").iterdir())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "run `cortex local tools`"),
        (b"#!/bin/sh\n", "not a 64-bit Linux program"),
        (DYNAMIC, "not static"),
    ],
)
def test_only_static_programs_make_images(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "coredns"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImageError, match=told):
        binary_layers.program("coredns", path, LayerCache(tmp_path / "cache"))
