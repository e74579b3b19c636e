"""Files of lines that only grow: a line is on the disk before the next thing is done, or it is not there at all."""

import os
from pathlib import Path

from checks.whole_file import sync


def append(file: Path, line: bytes) -> None:
    """Add a line to a file that only its owner can read, and return when it is on the disk.

    Raises:
        OSError: it cannot be written.
    """
    is_new = not file.exists()
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, line + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        sync(file.parent)


def lines(file: Path) -> list[bytes]:
    """Return the lines; a last one that was not written as a whole is cut off. A missing file has none."""
    content = file.read_bytes() if file.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(file, len(whole))
    return whole.splitlines()
