"""The store of finished layers: found by what they were made from, never half-made.

A file is written under another name, flushed to the disk and renamed, so a name in the store is always whole,
also after a power cut; several builds may share one store.
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
"""Seconds after which what an interrupted build left, and a layer that no build took, are removed."""


@dataclass(frozen=True)
class Layer:
    """A finished layer: an uncompressed tar, so that its digest is also its diff id."""

    path: Path
    digest: str
    """sha256, in hex."""

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size


class LayerCache:
    """A folder with the layers and archives of earlier builds."""

    def __init__(self, folder: Path, progress: Callable[[str], None] = lambda _: None) -> None:
        self._progress = progress
        self._layers = folder / "layers"
        self._work = folder / "work"
        self.archives = folder / "archives"
        for each in (self._layers, self._work, self.archives):
            each.mkdir(parents=True, exist_ok=True)
        self._tidy()

    def layer(self, title: str, made_from: object, make: Callable[[BinaryIO], None]) -> Layer:
        """The layer made from these inputs (JSON values), which `make` writes if it is not there; `title` says what."""
        key = hashlib.sha256(json.dumps([_recipe(), made_from], sort_keys=True).encode()).hexdigest()[:32]
        for path in self._layers.glob(f"{key}-*.tar"):
            path.touch()
            return Layer(path, path.stem.partition("-")[2])
        self._progress(f"making an image layer: {title}")
        with self.atomic_file() as (part, keep):
            make(part)
            part.seek(0)
            digest = hashlib.file_digest(part, "sha256").hexdigest()
            path = self._layers / f"{key}-{digest}.tar"
            keep(path)
        return Layer(path, digest)

    @contextmanager
    def atomic_file(self) -> Generator[tuple[BufferedRandom, Callable[[Path], None]]]:
        """A new file and the function that puts it in its place; without that call nothing stays."""
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
        """A folder on the same disk that lasts as long as the block."""
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
    """Give the seconds since a file or folder was changed; 0 if another process has just removed it."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0


def _recipe() -> str:
    """What the code of this package is: a layer made by other code is another layer."""
    whole = hashlib.sha256()
    for module in sorted(Path(__file__).parent.glob("*.py")):
        whole.update(module.read_bytes())
    return whole.hexdigest()
