"""Images as OCI layouts, in archives that containerd can import."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from local.images.errors import ImageError
from local.images.layer_cache import Layer, LayerCache, age

REPOSITORY = "cortex.local"
"""The first part of every image name. No such registry exists, so another image is never pulled instead."""
USER = "65532:65532"
KEPT = 2
"""How many archives of an image are kept in the cache."""
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_OCI = "application/vnd.oci.image"


def architecture() -> str:
    """Return the architecture of this machine by its name in Go and OCI.

    Raises:
        ImageError: Images cannot be built for it.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise ImageError(f"images can only be built on {' and '.join(_ARCHITECTURES)}, and this machine is {machine}")
    return _ARCHITECTURES[machine]


@dataclass(frozen=True)
class Image:
    """A built image."""

    name: str
    reference: str
    """The full name with the tag, for use in a pod."""
    archive: Path
    """The file for `ctr -n k8s.io images import`."""


@dataclass(frozen=True)
class Recipe:
    """The layers and the configuration of an image."""

    name: str
    layers: Sequence[Layer]
    entrypoint: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


def assemble(recipe: Recipe, cache: LayerCache) -> Image:
    """Return the image of a recipe, tagged by the hash of its content; write its archive if it is missing."""
    config = _json(_config(recipe))
    manifest = _json(_manifest(config, recipe.layers))
    digest = hashlib.sha256(manifest).hexdigest()
    tag = digest[:12]
    reference = f"{REPOSITORY}/{recipe.name}:{tag}"
    archive = cache.archives / f"{recipe.name}-{tag}.tar"
    if archive.exists():
        archive.touch()
    else:
        index = _json(_index(manifest, digest, reference))
        with cache.atomic_file() as (part, keep):
            _write(part, index, [manifest, config], recipe.layers)
            keep(archive)
        _forget_older(cache, recipe.name)
    return Image(recipe.name, reference, archive)


def _config(recipe: Recipe) -> dict[str, object]:
    return {
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "User": USER,
            "WorkingDir": "/",
            "Entrypoint": list(recipe.entrypoint),
            "Env": [f"{key}={value}" for key, value in recipe.env.items()],
            # Images with equal layers must differ in something: containerd identifies an image by its digest.
            "Labels": {"org.opencontainers.image.title": recipe.name},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.digest}" for layer in recipe.layers]},
    }


def _manifest(config: bytes, layers: Sequence[Layer]) -> dict[str, object]:
    described = [_descriptor(f"{_OCI}.layer.v1.tar", layer.digest, layer.size) for layer in layers]
    return {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": _descriptor(f"{_OCI}.config.v1+json", hashlib.sha256(config).hexdigest(), len(config)),
        "layers": described,
    }


def _index(manifest: bytes, digest: str, reference: str) -> dict[str, object]:
    described = _descriptor(f"{_OCI}.manifest.v1+json", digest, len(manifest))
    names = {
        "io.containerd.image.name": reference,
        "org.opencontainers.image.ref.name": reference.rpartition(":")[2],
    }
    target = {"architecture": architecture(), "os": "linux"}
    return {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.index.v1+json",
        "manifests": [described | {"annotations": names, "platform": target}],
    }


def _descriptor(kind: str, digest: str, size: int) -> dict[str, object]:
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": size}


def _json(value: dict[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _write(target: BinaryIO, index: bytes, blobs: Sequence[bytes], layers: Sequence[Layer]) -> None:
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, "oci-layout", io.BytesIO(b'{"imageLayoutVersion":"1.0.0"}'), 30)
        _add(tar, "index.json", io.BytesIO(index), len(index))
        for blob in blobs:
            _add(tar, f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}", io.BytesIO(blob), len(blob))
        for layer in layers:
            with layer.path.open("rb") as source:
                _add(tar, f"blobs/sha256/{layer.digest}", source, layer.size)


def _add(tar: tarfile.TarFile, name: str, source: BinaryIO, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    tar.addfile(info, source)


def _forget_older(cache: LayerCache, name: str) -> None:
    tag = "[0-9a-f]" * 12
    for archive in sorted(cache.archives.glob(f"{name}-{tag}.tar"), key=age)[KEPT:]:
        archive.unlink(missing_ok=True)
