"""Layers of one static program each: built here, or taken from an npm package."""

import base64
import hashlib
import shutil
import struct
import tarfile
from pathlib import Path
from typing import BinaryIO

from local.images import layer
from local.images.errors import ImageError
from local.images.layer_cache import Layer, LayerCache
from local.images.oci_layout import architecture
from local.images.run_program import Run

KUBERNETES_MCP_SERVER = "0.0.67"
"""To update: `npm view kubernetes-mcp-server-linux-amd64 version dist.integrity`, and both constants."""
_INTEGRITY = {
    "amd64": "sha512-VW5wRdetbJmfCHkCEBA808bgJJRL1GCfkSZ17J+SJJuNiKcvjibcGR32272WKtwd3Td4ZVrOPomExKgCNE16jA==",
}
_NEEDS_LOADER = 3
"""ELF's PT_INTERP: the program header of what is not static."""


def program(name: str, path: Path, cache: LayerCache) -> Layer:
    """A layer with nothing but this program, at /`name`.

    Raises:
        ImageError: It is not there, or not a static Linux program.
    """
    if not path.is_file():
        raise ImageError(f"the program {name} is not at {path}; build the tools first")
    entry = layer.Entry(name, path, layer.PROGRAM)

    def make(target: BinaryIO) -> None:
        _require_static(name, path)
        layer.write([entry], target)

    return cache.layer(name, ["program", layer.content_hash([entry])], make)


def kubernetes_mcp_server(cache: LayerCache, run: Run) -> Layer:
    """A layer with the program of the npm package kubernetes-mcp-server, which nobody here wrote."""
    target_architecture = architecture()
    package = f"kubernetes-mcp-server-linux-{target_architecture}"
    integrity = _INTEGRITY.get(target_architecture)
    if integrity is None:
        raise ImageError(f"{package} is not published; run the embedded cluster on {' or '.join(_INTEGRITY)}")

    def make(target: BinaryIO) -> None:
        with cache.work() as folder:
            run(["npm", "pack", "--silent", "--ignore-scripts", f"{package}@{KUBERNETES_MCP_SERVER}"], folder=folder)
            tarball = folder / f"{package}-{KUBERNETES_MCP_SERVER}.tgz"
            _require_integrity(tarball, integrity)
            unpacked = folder / "kubernetes-mcp-server"
            with tarfile.open(tarball) as files, unpacked.open("wb") as out:
                content = files.extractfile(f"package/bin/{package}")
                if content is None:
                    raise ImageError(f"{tarball.name} holds no program; report this")
                shutil.copyfileobj(content, out)
            _require_static("kubernetes-mcp-server", unpacked)
            layer.write([layer.Entry("kubernetes-mcp-server", unpacked, layer.PROGRAM)], target)

    return cache.layer(package, ["npm", package, integrity], make)


def _require_integrity(file: Path, integrity: str) -> None:
    with file.open("rb") as content:
        found = base64.b64encode(hashlib.file_digest(content, "sha512").digest()).decode()
    if f"sha512-{found}" != integrity:
        raise ImageError(f"{file.name} is not the file that was pinned; check the registry that npm uses")


def _require_static(name: str, path: Path) -> None:
    """An image from scratch has no loader: a dynamic program would fail there as 'not found'."""
    with path.open("rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
            raise ImageError(f"{path} is not a 64-bit Linux program, so {name} has no image; build it again")
        (offset,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(offset)
        headers = file.read(size * count)
    if any(struct.unpack_from("<I", headers, size * index)[0] == _NEEDS_LOADER for index in range(count)):
        raise ImageError(f"{path} is not static, so {name} has no image; build it with CGO_ENABLED=0")
