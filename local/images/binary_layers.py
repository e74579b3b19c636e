"""Layers with one static program each, from a tool's build, a Go module of this project, or an npm package."""

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
"""To update: run `npm view kubernetes-mcp-server-linux-amd64 version dist.integrity`, and change both constants."""
_INTEGRITY = {
    "amd64": "sha512-VW5wRdetbJmfCHkCEBA808bgJJRL1GCfkSZ17J+SJJuNiKcvjibcGR32272WKtwd3Td4ZVrOPomExKgCNE16jA==",
}
_NEEDS_LOADER = 3
"""PT_INTERP: the type of the ELF program header that only dynamic programs have."""


def program(name: str, path: Path, cache: LayerCache) -> Layer:
    """Return a layer with only this program, at /`name`.

    Raises:
        ImageError: The file does not exist or is not a static Linux program.
    """
    if not path.is_file():
        raise ImageError(f"the program {name} does not exist at {path}: run `cortex local tools` to build it")
    entry = layer.Entry(name, path, layer.PROGRAM)

    def make(target: BinaryIO) -> None:
        _require_static(name, path)
        layer.write([entry], target)

    return cache.layer(name, ["program", layer.content_hash([entry])], make)


def go_program(name: str, module: Path, at: str, cache: LayerCache, run: Run) -> Layer:
    """Return a layer with the program of a Go module without dependencies, at /`at`."""
    sources = [layer.Entry(path.name, path) for path in (module / "go.mod", *module.glob("*.go"))]

    def make(target: BinaryIO) -> None:
        with cache.work() as folder:
            built = folder / name
            # Without a build id, so that the same sources give the same bytes.
            flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid="]
            environ = {"CGO_ENABLED": "0", "GOWORK": "off"}
            run(["go", "build", *flags, "-o", str(built), "."], folder=module, env=environ)
            _require_static(name, built)
            layer.write([layer.Entry(at, built, layer.PROGRAM)], target)

    return cache.layer(name, ["go", at, architecture(), layer.content_hash(sources)], make)


def kubernetes_mcp_server(cache: LayerCache, run: Run) -> Layer:
    """Return a layer with the program of the npm package kubernetes-mcp-server, which is not part of this project."""
    target_architecture = architecture()
    package = f"kubernetes-mcp-server-linux-{target_architecture}"
    integrity = _INTEGRITY.get(target_architecture)
    if integrity is None:
        raise ImageError(f"{package} is not published: use a machine with the architecture {' or '.join(_INTEGRITY)}")

    def make(target: BinaryIO) -> None:
        with cache.work() as folder:
            run(["npm", "pack", "--silent", "--ignore-scripts", f"{package}@{KUBERNETES_MCP_SERVER}"], folder=folder)
            tarball = folder / f"{package}-{KUBERNETES_MCP_SERVER}.tgz"
            _require_integrity(tarball, integrity)
            unpacked = folder / "kubernetes-mcp-server"
            with tarfile.open(tarball) as files, unpacked.open("wb") as out:
                content = files.extractfile(f"package/bin/{package}")
                if content is None:
                    raise ImageError(f"{tarball.name} has no program: this is a bug in cortex, report it")
                shutil.copyfileobj(content, out)
            _require_static("kubernetes-mcp-server", unpacked)
            layer.write([layer.Entry("kubernetes-mcp-server", unpacked, layer.PROGRAM)], target)

    return cache.layer(package, ["npm", package, integrity], make)


def _require_integrity(file: Path, integrity: str) -> None:
    with file.open("rb") as content:
        found = base64.b64encode(hashlib.file_digest(content, "sha512").digest()).decode()
    if f"sha512-{found}" != integrity:
        raise ImageError(f"{file.name} has another hash than the pinned one: check the registry that npm uses")


def _require_static(name: str, path: Path) -> None:
    """Check that a program is static: without a loader in the image, a dynamic one would fail as 'not found'."""
    with path.open("rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
            raise ImageError(f"{path} is not a 64-bit Linux program, so there is no image of {name}: build it again")
        (offset,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(offset)
        headers = file.read(size * count)
    if any(struct.unpack_from("<I", headers, size * index)[0] == _NEEDS_LOADER for index in range(count)):
        raise ImageError(f"{path} is not static, so there is no image of {name}: build it with CGO_ENABLED=0")
