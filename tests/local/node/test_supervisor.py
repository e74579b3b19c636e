"""The node process without namespaces: it starts, restarts and ends real programs."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.node.status import NodeStatus
from local.node_plan import Component, Plan
from local.waiting import wait_until
from tests.processes import command_lines

NODE = [sys.executable, "-m", "local.node"]


class Node:
    """A node process whose plan is in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *components: Component) -> None:
        plan = Plan(
            components, str(self.folder), str(self.folder / "status.json"), str(self.folder), os.environ["PATH"]
        )
        plan.save(self.folder / "plan.json")
        self.process = subprocess.Popen([*NODE, str(self.folder / "plan.json")])

    def status(self) -> NodeStatus:
        return NodeStatus.load(self.folder / "status.json") or NodeStatus()

    def until(self, holds: Callable[[NodeStatus], bool], seconds: float = 20) -> NodeStatus:
        assert wait_until(lambda: holds(self.status()), seconds), self.status()
        return self.status()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    one = Node(tmp_path)
    yield one
    if one.process and one.process.poll() is None:
        one.process.kill()
        one.process.wait()


def server(name: str, port: int, *needs: str) -> Component:
    command = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1")
    return Component(name, command, needs, f"http://127.0.0.1:{port}/")


def task(name: str, script: str, *needs: str) -> Component:
    return Component(name, ("sh", "-c", script), needs, once=True)


def servers(port: int) -> set[int]:
    """Return the processes of `server` for this port."""
    return {pid for pid, command in command_lines() if command[2:4] == ["http.server", str(port)]}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_component_waits_for_what_it_needs(node: Node) -> None:
    trace = node.folder / "trace"
    node.start(
        task("last", f"echo last >> {trace}", "web"),
        server("web", free_port(), "first"),
        task("first", f"echo first >> {trace}"),
    )
    status = node.until(lambda s: s.phase == "ready")
    assert {name: c.state for name, c in status.components.items()} == {
        "first": "done", "web": "healthy", "last": "done",
    }  # fmt: skip
    assert trace.read_text() == "first\nlast\n"


def test_what_ends_is_started_again(node: Node) -> None:
    port = free_port()
    node.start(server("web", port))
    node.until(lambda s: s.phase == "ready")
    (before,) = servers(port)
    os.kill(before, signal.SIGKILL)
    status = node.until(lambda s: s.components["web"].restarts == 1 and s.components["web"].state == "healthy")
    assert status.phase == "ready"
    assert servers(port).isdisjoint({before})


def test_a_failed_task_fails_the_node_and_ends_the_rest(node: Node) -> None:
    port = free_port()
    node.start(server("web", port), task("import", "exit 3", "web"))
    assert node.process
    assert node.process.wait(20) == 1
    assert node.status().phase == "failed"
    assert node.status().message == "import: it ended with status 3"
    assert servers(port) == set()


def test_a_component_that_keeps_ending_fails_the_node(node: Node) -> None:
    node.start(Component("broken", ("sh", "-c", "exit 4"), health="unix:/nonexistent"))
    assert node.process
    assert node.process.wait(30) == 1
    assert node.status().message == "broken: it ended repeatedly, the last time with status 4"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_nothing_outlives_the_node(node: Node, number: signal.Signals, code: int) -> None:
    port = free_port()
    node.start(server("web", port))
    node.until(lambda s: s.phase == "ready")
    assert node.process
    node.process.send_signal(number)
    assert node.process.wait(10) == code
    assert wait_until(lambda: not servers(port), 5)


def test_each_component_has_its_log(node: Node) -> None:
    node.start(task("speaks", "echo said; echo shouted >&2"))
    node.until(lambda s: s.phase == "ready")
    assert (node.folder / "speaks.log").read_text() == "said\nshouted\n"
