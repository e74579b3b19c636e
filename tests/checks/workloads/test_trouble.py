"""Why pods are not ready is part of the finding."""

import pytest

from checks.mcp.answer import Answer, Outcome
from tests.checks.drifts import status, waiting
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


def test_unavailable_names_the_reason_and_the_last_event(world: World) -> None:
    waiting(world)
    (finding,) = world.findings()
    assert "1 of 2 replicas" in finding.message
    assert "container main ImagePullBackOff" in finding.message
    assert "last warning Failed: pull denied" in finding.message
    assert "old news" not in finding.message


def test_quota_that_forbids_pods_shows_from_the_replica_set(world: World) -> None:
    status(world, availableReplicas=0)
    world.objects["pods", "cortex-mcp"] = [p for p in world.objects["pods", "cortex-mcp"] if "talos" in str(p)]
    world.mcp["time"] = Answer(Outcome.UNREACHABLE)
    about = {"kind": "ReplicaSet", "name": "time-mcp-server-5d"}
    event = {"metadata": {"name": "e"}, "involvedObject": about, "reason": "FailedCreate", "message": "exceeded quota"}
    world.add("events", "cortex-mcp", event)
    (finding,) = world.findings()
    assert finding.code == "server.unavailable"
    assert "FailedCreate: exceeded quota" in finding.message


def test_unreadable_events_shorten_the_message_and_are_unknown(world: World) -> None:
    waiting(world)
    world.deny("events", "cortex-mcp")
    (finding,) = world.findings()
    assert "ImagePullBackOff" in finding.message
    assert {unknown.what for result in world.results() for unknown in result.unknowns} == {"list events in cortex-mcp"}
