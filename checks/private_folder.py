"""A folder for what is secret and has to be in a file for a moment."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is private
"""Where files never reach a disk, on Linux."""

_PREFIX = "cortex-private-"
_NEW_SECONDS = 60
"""A folder is locked at once after it is made, and certainly within this time."""


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a folder that only its owner can enter, in memory where the machine has a place for that.

    What processes that were killed left there is deleted first.
    """
    parent = MEMORY if MEMORY.is_dir() else Path(gettempdir())
    for left in parent.glob(f"{_PREFIX}*"):
        _delete_unlocked(left)
    with TemporaryDirectory(dir=parent, prefix=_PREFIX) as name:
        folder = Path(name)
        # The lock shows that its owner lives: the kernel releases it when the process ends, however it ends.
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(handle)


def _delete_unlocked(left: Path) -> None:
    with suppress(OSError):
        if time.time() - left.stat().st_mtime < _NEW_SECONDS:
            return
        handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)
        finally:
            os.close(handle)
