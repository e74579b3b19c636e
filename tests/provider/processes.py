"""The processes that a test ends, found so that no other of that name is hit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Cluster


def api_server(cluster: Cluster) -> int:
    """The process of this cluster's API server; what started it starts it again."""
    for pid, command in _commands():
        if command[0].endswith("/kube-apiserver") and any(f"={cluster.folder}/" in part for part in command):
            return pid
    raise AssertionError("the cluster has no API server")


def plugin(engine: int) -> int | None:
    """The process of our plugin that this engine started, if it has."""
    for pid, command in _commands():
        if "provider" in command and _parent(pid) == engine:
            return pid
    return None


def _commands() -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield int(entry.parent.name), entry.read_bytes().decode().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
