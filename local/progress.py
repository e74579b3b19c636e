"""Says on standard error what is being done, and for how long."""

import sys
import time
from typing import TextIO

_REMIND_SECONDS = 30.0


class Progress:
    """A line for each thing done; what is still under way stays on one line of a terminal, and is rare in a log."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._started = time.monotonic()
        self._reminded = self._started
        self._open_line = False

    def say(self, text: str) -> None:
        """Say what was done, or is begun."""
        self._write(text, "\n")

    def wait(self, text: str) -> None:
        """Say what is still under way; called every second or so."""
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
