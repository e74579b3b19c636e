"""What a program said last: in a failure, that is most often the cause."""

from pathlib import Path


def last_line(*texts: str) -> str:
    """Give the last line of the first text that has one."""
    for text in texts:
        if lines := text.strip().splitlines():
            return lines[-1].strip()
    return "it printed nothing"


def last_logged(log: Path) -> str:
    """Give the last line of a log file."""
    return last_line(log.read_text(encoding="utf-8", errors="replace"))
