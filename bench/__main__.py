"""Every bench: the start of the `cortex` command, parts of the checks, a whole verification, agent, provider."""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.ratio import interleaved

_RUNS = 7
_CLUSTER = "bench"
_ALONE = (
    "scrape",
    "decode",
    "watch",
    "servers",
    "bridge",
    "talos",
    "credential",
    "cluster",
    "agent_load",
    "agent_cluster",
)
"""The benches that need no cluster, or bring their own."""


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """Print each measurement with its goal."""
    cortex = str(Path(sys.executable).parent / "cortex")
    importing = [sys.executable, "-c", "import kubernetes"]
    mine, theirs = interleaved(lambda: _run([cortex, "--help"]), lambda: _run(importing), _RUNS)
    print(
        f"cortex --help {mine:.3f} s / import kubernetes {theirs:.3f} s = {mine / theirs:.2f} (goal 0.50)", flush=True
    )
    for name in _ALONE:
        # Each in a process of its own, so that none has another's memory.
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
    _on_a_cluster(cortex, [sys.executable, "-m", "bench.provider"])


def _on_a_cluster(cortex: str, command: list[str]) -> None:
    # No pod runs in it: a real node would only take time from the API server, the engine and the plugin.
    subprocess.run([cortex, "local", "up", "--name", _CLUSTER, "--node", "kwok"], check=True)
    try:
        shown = subprocess.run(
            [cortex, "local", "env", "--name", _CLUSTER, "--format", "json"], check=True, capture_output=True
        )
        subprocess.run(command, check=True, env=os.environ | json.loads(shown.stdout))
    finally:
        subprocess.run([cortex, "local", "down", "--name", _CLUSTER, "--delete"], check=False)


if __name__ == "__main__":
    main()
