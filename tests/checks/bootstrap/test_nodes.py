"""In what state a node is, and waiting with a limit."""

import anyio
import pytest

from checks.bootstrap.nodes import Phase, Reach, until
from checks.bootstrap.plan import Machine, PlannedNode
from checks.errors import UncheckedError
from tests.checks.bootstrap.blank_nodes import BlankCluster


def test_a_wait_that_is_over_says_for_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.bootstrap.nodes.POLL_SECONDS", 0.01)
    attempts: list[int] = []

    async def attempt() -> bool | None:
        attempts.append(1)
        return None

    with pytest.raises(UncheckedError, match=r"^the node did not answer within 0\.1 s$"):
        anyio.run(until, 0.1, lambda: "the node did not answer", attempt)
    assert len(attempts) > 1


def test_a_node_is_silent_then_in_maintenance(blank_cluster: BlankCluster) -> None:
    node = PlannedNode(name="cp-1", address="127.0.0.31", vm=Machine(cores=2, memory=2048, disk=10))
    reach = Reach(blank_cluster.port)
    assert anyio.run(reach.phase, node) is Phase.SILENT
    blank_cluster.starts("cp-1")
    assert anyio.run(reach.phase, node) is Phase.MAINTENANCE
