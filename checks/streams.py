"""The standard streams, which may be closed, or whose reader may close its end.

`cortex verify prod | head` keeps the exit code.
"""

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Pipe(io.FileIO):
    """Discards what is written after the reader has closed its end."""

    reader_left = False

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            self.reader_left = True
            # The descriptor stays usable, for subprocesses and for Python's own flush at exit.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes


def ignore_closed_readers() -> None:
    """Let writing to standard output and error succeed after their reader has closed its end."""
    sys.stdout = _tolerant(sys.stdout)
    sys.stderr = _tolerant(sys.stderr)


def open_missing_input() -> None:
    """Let standard input be empty if its descriptor is closed. Python has no stream then."""
    if cast("TextIO | None", sys.stdin) is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as the process runs


def is_read(stream: TextIO) -> bool:
    """Return whether the reader of a stream has not closed its end, as far as the last write has shown."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return not (isinstance(raw, _Pipe) and raw.reader_left)


def _tolerant(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream  # None if the descriptor is closed
    return io.TextIOWrapper(
        io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
