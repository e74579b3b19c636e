"""Progress messages with the time since the start, on standard error."""

import sys
import time
from typing import TextIO

_REMIND_SECONDS = 30.0


class Progress:
    """Writes a line for each step. A step in progress is one changing line on a terminal, and rare lines in a log."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._started = time.monotonic()
        self._reminded = self._started
        self._open_line = False

    def say(self, text: str) -> None:
        """Report a step that has started or ended."""
        self._write(text, "\n")

    def wait(self, text: str) -> None:
        """Report a step in progress; called about every second."""
        if self._stream.isatty():
            self._write(text, "")
        elif time.monotonic() - self._reminded >= _REMIND_SECONDS:
            self._write(text, "\n")

    def _write(self, text: str, end: str) -> None:
        now = time.monotonic()
        before = "\r\x1b[K" if self._open_line else ""
        self._stream.write(f"{before}{now - self._started:6.1f} s  {text}{end}")
        self._stream.flush()
        self._reminded, self._open_line = now, not end
