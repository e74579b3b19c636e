"""Start-up of the `cortex` command against importing the Kubernetes client; the provider against its floor."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

_RUNS = 7
_CLUSTER = "bench"


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def _interleaved(one: list[str], other: list[str]) -> tuple[float, float]:
    """Time both in turn, after a warm-up of each, and give their medians."""
    pairs = [(_seconds(one), _seconds(other)) for _ in range(_RUNS + 1)][1:]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def main() -> None:
    """Print each measurement with its goal."""
    cortex = str(Path(sys.executable).parent / "cortex")
    mine, theirs = _interleaved([cortex, "--help"], [sys.executable, "-c", "import kubernetes"])
    print(f"cortex --help {mine:.3f} s / import kubernetes {theirs:.3f} s = {mine / theirs:.2f} (goal 0.50)")
    _on_a_cluster(cortex, [sys.executable, "-m", "bench.provider"])


def _on_a_cluster(cortex: str, command: list[str]) -> None:
    subprocess.run([cortex, "local", "up", "--name", _CLUSTER], check=True)
    try:
        shown = subprocess.run(
            [cortex, "local", "env", "--name", _CLUSTER, "--format", "json"], check=True, capture_output=True
        )
        subprocess.run(command, check=True, env=os.environ | json.loads(shown.stdout))
    finally:
        subprocess.run([cortex, "local", "down", "--name", _CLUSTER, "--delete"], check=False)


if __name__ == "__main__":
    main()
