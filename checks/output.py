"""Writes a report to standard output, or into a file."""

import stat
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from checks.errors import UsageError
from checks.streams import is_read
from checks.whole_file import replacing


def emit(write: Callable[[TextIO], None], path: Path | None = None) -> bool:
    """Let `write` write to standard output, or to a file, which gets the whole report or stays as it was.

    Return whether the output is still read: not if it is a pipe whose reader has closed its end, which is not an error.

    Raises:
        UsageError: the file cannot be written.
    """
    if path is None:
        write(sys.stdout)
        sys.stdout.flush()
        return is_read(sys.stdout)
    try:
        _to_file(write, path)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror or error}: what it was before is kept: choose another file"
        ) from error
    return True


def show(text: str, path: Path | None = None) -> None:
    """Write a text to standard output, or to a file, which gets the whole text or stays as it was.

    Raises:
        UsageError: the file cannot be written.
    """

    def write(out: TextIO) -> None:
        out.write(text)

    emit(write, path)


def _to_file(write: Callable[[TextIO], None], path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    with replacing(path, mode) as new:
        text = TextIOWrapper(new, encoding="utf-8", write_through=True)
        write(text)
        # Closing it would close the new file, which is not whole before it has its name.
        text.detach()
