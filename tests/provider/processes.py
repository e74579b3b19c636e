"""The processes that a test ends, found so that no other process with that name is ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.processes import command_lines, parent

if TYPE_CHECKING:
    from tests.conftest import Cluster


def api_server(cluster: Cluster) -> int:
    """Return the process of this cluster's API server, which the node restarts."""
    for pid, command in command_lines():
        if command[0].endswith("/kube-apiserver") and any(f"={cluster.folder}/" in part for part in command):
            return pid
    raise AssertionError("the cluster has no API server")


def plugin(engine: int) -> int | None:
    """Return the process of our plugin that this engine started, or None."""
    for pid, command in command_lines():
        if "provider" in command and parent(pid) == engine:
            return pid
    return None
