"""What the command lines and the environments of the processes show that a test starts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

_INTERVAL_SECONDS = 0.1


@dataclass
class Sample:
    """What every process has shown, whenever it was looked at."""

    commands: set[str] = field(default_factory=set)
    environments: set[str] = field(default_factory=set)


@contextmanager
def sampled(pid: int) -> Iterator[Sample]:
    """Look at every process that descends from one, again and again while the block runs."""
    sample = Sample()
    ended = Event()

    def collect() -> None:
        while not ended.wait(_INTERVAL_SECONDS):
            for child in _descendants(pid):
                sample.commands.add(_shown(child, "cmdline"))
                sample.environments.add(_shown(child, "environ"))

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
