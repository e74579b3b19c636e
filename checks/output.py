"""Writes a report to standard output, or into a file."""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from checks.errors import UsageError
from checks.streams import is_read


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
        raise UsageError(f"cannot write {path}: {error.strerror or error}: name another file with --output") from error
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
    # The new file is in the folder of the old one: renaming is atomic only within a file system.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", text=True)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            write(file)
        temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
