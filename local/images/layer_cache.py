"""The cache of layers, by the hash of their inputs.

A file is written under another name, flushed to the disk and renamed. So files in the cache are always complete, even
after a power failure, and several builds can share one cache.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import BinaryIO

_DAY = 24 * 3600
_ABANDONED, _UNUSED = _DAY, 30 * _DAY
"""After this many seconds, work folders of interrupted builds and unused layers are removed."""


@dataclass(frozen=True)
class Layer:
    """A layer: an uncompressed tar, so that its digest is also its diff id."""

    path: Path
    digest: str
    """SHA-256 in hex."""

    @property
    def size(self) -> int:
        """Return the size in bytes."""
        return self.path.stat().st_size


class LayerCache:
    """A folder with layers and image archives."""

    def __init__(self, folder: Path, progress: Callable[[str], None] = lambda _: None) -> None:
        self._progress = progress
        self._layers = folder / "layers"
        self._work = folder / "work"
        self.archives = folder / "archives"
        for each in (self._layers, self._work, self.archives):
            each.mkdir(parents=True, exist_ok=True)
        self._tidy()

    def layer(self, title: str, made_from: object, make: Callable[[BinaryIO], None]) -> Layer:
        """Return the layer for these inputs (JSON values); `make` writes it if it is missing; `title` is its name."""
        key = hashlib.sha256(json.dumps([_code_hash(), made_from], sort_keys=True).encode()).hexdigest()[:32]
        for path in self._layers.glob(f"{key}-*.tar"):
            path.touch()
            return Layer(path, path.stem.partition("-")[2])
        self._progress(f"building an image layer: {title}")
        with self.atomic_file() as (part, keep):
            make(part)
            part.seek(0)
            digest = hashlib.file_digest(part, "sha256").hexdigest()
            path = self._layers / f"{key}-{digest}.tar"
            keep(path)
        return Layer(path, digest)

    @contextmanager
    def atomic_file(self) -> Generator[tuple[BufferedRandom, Callable[[Path], None]]]:
        """Yield a new file, and the function that moves it to its final path; without that call it is deleted."""
        with self.work() as folder:
            part = folder / "part"
            with part.open("w+b") as stream:

                def keep(path: Path) -> None:
                    stream.flush()
                    os.fsync(stream.fileno())
                    part.replace(path)

                yield stream, keep

    @contextmanager
    def work(self) -> Generator[Path]:
        """Yield a folder on the same disk, which is deleted at the end of the block."""
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            yield Path(folder)

    def _tidy(self) -> None:
        for folder in self._work.iterdir():
            if age(folder) > _ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)
        for layer in self._layers.iterdir():
            if age(layer) > _UNUSED:
                layer.unlink(missing_ok=True)


def age(path: Path) -> float:
    """Return the seconds since a file or folder was changed; 0 if another process has just removed it."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0


def _code_hash() -> str:
    """Return a hash of this package's code: other code may build other layers from the same inputs."""
    whole = hashlib.sha256()
    for module in sorted(Path(__file__).parent.glob("*.py")):
        whole.update(module.read_bytes())
    return whole.hexdigest()
