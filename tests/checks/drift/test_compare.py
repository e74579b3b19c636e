"""Comparison of manifests with live objects: omitted zeros, and missing managedFields."""

import pytest

from checks.results.conclusion import UNKNOWN, exit_code
from checks.results.result import Severity
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


def test_zero_that_kubernetes_leaves_out_is_no_drift(world: World) -> None:
    assert world.container("time")["startupProbe"].pop("initialDelaySeconds") == 0
    assert world.codes() == []


def test_objects_that_do_not_say_who_wrote_them_are_unknown_once_a_kind(world: World) -> None:
    for service in world.every("services"):
        del service["metadata"]["managedFields"]
    unknowns = [unknown.what for result in world.results() for unknown in result.unknowns]
    assert unknowns == ["look for undeclared fields of Service objects"]
    assert (world.codes(), exit_code(world.results(), Severity.ERROR)) == ([], UNKNOWN)
