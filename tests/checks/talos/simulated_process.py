"""Simulated nodes in a process of their own, so that a measurement has the time of who asks alone."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from checks.talos.places import Place
from tests.checks.talos.simulated_node import control_planes, simulated, workers

CONTROL_PLANES = 3


@contextmanager
def running(nodes: int, delay: float) -> Iterator[tuple[str, list[Place], int]]:
    """Run that many nodes that take so long for each answer; give talosconfig, places and port."""
    command = [sys.executable, "-m", __name__, str(nodes), str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield told["talosconfig"], [Place(*place) for place in told["places"]], told["port"]


def main(count: int, delay: float) -> None:
    """Run nodes until the standard input ends."""
    nodes = [*control_planes(CONTROL_PLANES), *workers(count - CONTROL_PLANES)]
    for node in nodes:
        node.delay = delay
    with simulated(*nodes) as talos:
        places = [(node.name, node.address, node.control_plane) for node in nodes]
        told = {"talosconfig": talos.talosconfig(), "places": places, "port": talos.port}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
