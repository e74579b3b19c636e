"""`cortex talos status` of 9 Talos nodes that each take 50 ms for an answer: all of them, against the slowest one."""

import tempfile
from pathlib import Path
from time import perf_counter

import anyio

from checks.talos.observe import observe
from checks.talos.places import Place
from checks.talos.talosconfig import Talosconfig, load
from tests.checks.talos.simulated_process import running

NODES = 9
DELAY_SECONDS = 0.05
GOAL = 2.0
_RUNS = 10


async def main() -> None:
    """Print the ratio. A busy machine only adds time, so the shortest run of each counts."""
    with tempfile.TemporaryDirectory() as folder, running(NODES, DELAY_SECONDS) as (talosconfig, places, port):
        file = Path(folder) / "talosconfig"
        file.write_text(talosconfig)
        config = load(file)
        runs = [await _run(config, places, port) for _ in range(_RUNS + 1)][1:]
    together = min(whole for whole, _ in runs)
    slowest = max(min(times) for times in zip(*(alone for _, alone in runs), strict=True))
    print(
        f"{NODES} Talos nodes of {DELAY_SECONDS * 1000:.0f} ms: at the same time {together:.3f} s / "
        f"the slowest one {slowest:.3f} s = {together / slowest:.2f} (goal {GOAL})"
    )


async def _run(config: Talosconfig, places: list[Place], port: int) -> tuple[float, list[float]]:
    """Return the seconds for all nodes together, and for each alone."""
    return await _seconds(config, places, port), [await _seconds(config, [place], port) for place in places]


async def _seconds(config: Talosconfig, places: list[Place], port: int) -> float:
    started = perf_counter()
    nodes = await observe(config, places, port)
    assert all(node.known for node in nodes), nodes
    return perf_counter() - started


if __name__ == "__main__":
    anyio.run(main)
