"""A folder for what is secret and has to be in a file for a moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is private
"""Where files never reach a disk, on Linux."""


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a folder that only its owner can enter, in memory where the machine has a place for that."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="cortex-") as folder:
        yield Path(folder)
