"""Processes of this machine, found by their command lines."""

from collections.abc import Iterator
from pathlib import Path


def command_lines() -> Iterator[tuple[int, list[str]]]:
    """Yield the id and the command line of every running process."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(entry.parent.name), command.rstrip("\0").split("\0")


def parent(pid: int) -> int | None:
    """Return the parent of a process, or None if the process has ended."""
    fields = _stat(pid)
    return int(fields[1]) if fields else None


def has_ended(pid: int) -> bool:
    """Return whether a process has ended; its parent may still have to read its exit code."""
    fields = _stat(pid)
    return not fields or fields[0] == "Z"


def _stat(pid: int) -> list[str]:
    """Return the fields of its stat file after the name, which may contain spaces and parentheses."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
