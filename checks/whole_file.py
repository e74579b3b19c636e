"""Replaces files as a whole: a reader finds the old content or the new one, also when the writer is killed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_PREFIX, _SUFFIX = "cortex-", ".new"


@contextmanager
def replacing(file: Path, mode: int) -> Iterator[BinaryIO]:
    """Yield a new file, which gets the name of `file` at the end of the block; after an error, it is deleted.

    New files of writers that were killed are deleted first.

    Raises:
        OSError: it cannot be written; `file` is as it was before.
    """
    _delete_leftovers(file)
    new, handle = _create(file)
    try:
        with os.fdopen(handle, "wb") as opened:
            yield opened
            opened.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
            new.replace(file)
        sync(file.parent)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def sync(folder: Path) -> None:
    """Write the entries of a folder onto the disk: a new name is lost without it if the power fails."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _create(file: Path) -> tuple[Path, int]:
    """Create and lock a new file in the folder of `file`: renaming is atomic only within a file system."""
    while True:
        new = file.with_name(f".{file.name}.{_PREFIX}{os.urandom(4).hex()}{_SUFFIX}")
        handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        # The umask may have taken the owner's own permissions.
        os.fchmod(handle, 0o600)
        # The lock shows that the writer lives: the kernel releases it when the process ends, however it ends. On a file
        # system without locks, leftovers stay.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return new, handle
        # Another writer took it for a leftover before it was locked.
        os.close(handle)


def _delete_leftovers(file: Path) -> None:
    for left in file.parent.iterdir():
        if left.name.startswith(f".{file.name}.{_PREFIX}") and left.name.endswith(_SUFFIX):
            _delete_unlocked(left)


def _delete_unlocked(left: Path) -> None:
    with suppress(OSError):
        handle = os.open(left, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()
        finally:
            os.close(handle)
