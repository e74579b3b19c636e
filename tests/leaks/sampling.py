"""What the processes show that a test starts: command lines, environments, and the files that they make meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

_INTERVAL_SECONDS = 0.1
_LARGEST_BYTES = 1024 * 1024


@dataclass
class Sample:
    """What every process has shown, whenever it was looked at."""

    commands: set[str] = field(default_factory=set)
    environments: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    """The content of each file that was made, by its path."""


@contextmanager
def sampled(pid: int, *folders: Path) -> Iterator[Sample]:
    """Look at every process that descends from one, and at new files, again and again while the block runs."""
    sample = Sample()
    ended = Event()
    before = {file for folder in folders for file in _files(folder)}

    def collect() -> None:
        while not ended.wait(_INTERVAL_SECONDS):
            for child in _descendants(pid):
                sample.commands.add(_shown(child, "cmdline"))
                sample.environments.add(_shown(child, "environ"))
            for folder in folders:
                sample.files |= {str(file): _content(file) for file in _files(folder) if file not in before}

    thread = Thread(target=collect)
    thread.start()
    try:
        yield sample
    finally:
        ended.set()
        thread.join()


def _descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = [int(child) for child in children.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in found:
            yield child
            yield from _descendants(child)


def _shown(pid: int, file: str) -> str:
    try:
        return Path(f"/proc/{pid}/{file}").read_bytes().decode(errors="replace").replace("\0", "\n")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _content(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(_LARGEST_BYTES).decode("latin-1")
    except OSError:
        return ""
