"""The last line of a program's output, which usually has the cause of a failure."""

from pathlib import Path


def last_line(*texts: str) -> str:
    """Return the last line of the first text that is not empty."""
    for text in texts:
        if lines := text.strip().splitlines():
            return lines[-1].strip()
    return "it printed nothing"


def last_logged(log: Path) -> str:
    """Return the last line of a log file."""
    return last_line(log.read_text(encoding="utf-8", errors="replace"))
