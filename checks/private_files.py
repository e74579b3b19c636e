"""Files that only their owner can read: written as a whole or not at all, whatever the umask is."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checks.errors import UncheckedError, UsageError
from checks.whole_file import replacing

LONGEST_BYTES = 1024 * 1024
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, so that only their owner can enter them.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        # The umask applies to the folders above, and could leave the owner without access: each is made for itself.
        for one in (*reversed(folder.parents), folder):
            if not one.exists():
                one.mkdir(mode=0o700)
                one.chmod(0o700)
    except OSError as error:
        raise UsageError(f"cannot make {folder}: {error.strerror}: set XDG_STATE_HOME to another folder") from error


def close_folder(folder: Path) -> None:
    """Let only its owner enter a folder, which is made if it is missing.

    Raises:
        UsageError: it cannot be made or changed.
    """
    make_folder(folder)
    try:
        folder.chmod(0o700)
    except OSError as error:
        raise UsageError(f"cannot change {folder}: {error.strerror}: it belongs to another user") from error


def replace(file: Path, content: bytes) -> None:
    """Write a file onto the disk; a file of this name is replaced, or stays as it is if that fails.

    Raises:
        UsageError: it cannot be written.
    """
    make_folder(file.parent)
    try:
        with replacing(file, 0o600) as new:
            new.write(content)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}: what it was before is kept") from error


def read(file: Path, what: str, *, private: bool = True) -> bytes:
    """Return the content of a file; `what` names it in messages. With `private`, nobody else may read it.

    Raises:
        UsageError: it cannot be read, is too long, or others can read it.
    """
    try:
        handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as opened:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise UsageError(f"{what} {file} is not a regular file: name a file, or `-` for standard input")
            content = opened.read(LONGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {what} {file}: {error.strerror}") from error
    if len(content) > LONGEST_BYTES:
        raise UsageError(f"{what} {file} is larger than 1 MiB: it is not one")
    if private:
        require_private(file, found, what)
    return content


def require_private(file: Path, found: os.stat_result, what: str) -> None:
    """Check that only the user can read and write a file.

    Raises:
        UsageError: another user owns it, or others can read or write it.
    """
    if found.st_uid not in (os.getuid(), 0):
        raise UsageError(f"{what} {file} belongs to another user: copy it into a file of your own, with mode 0600")
    if found.st_mode & OTHERS:
        raise UsageError(
            f"{what} {file} has mode {stat.S_IMODE(found.st_mode):04o}, so others can read or write it: "
            f"`chmod 600 {file}`, and renew its credential if others use this machine"
        )


def require_no_work_tree(file: Path, what: str) -> None:
    """Check that a file is not in a git work tree, where it could be committed.

    Raises:
        UsageError: it is.
    """
    for folder in file.absolute().resolve().parents:
        if (folder / ".git").exists():
            raise UsageError(f"{what} {file} is in the git work tree {folder}: move it to a folder outside")


@contextmanager
def locked(file: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Exclude others that change the same; the kernel releases the lock when the process ends, however it ends.

    Raises:
        UsageError: the file cannot be written.
        UncheckedError: another process has the lock, and this one is not to wait.
    """
    make_folder(file.parent)
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}: set XDG_STATE_HOME to another folder") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            # The number is missing for a moment, until the other one has written it.
            number = os.read(handle, 32).decode() or "of another command"
            raise UncheckedError(f"process {number} works on {what}: wait for it, or end it first") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
