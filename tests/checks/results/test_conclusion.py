"""Exit codes: findings before unknowns, and nothing checked is not a pass."""

import pytest

from checks.drift.routing import SERVERS, manifests
from checks.results.catalogue import finding
from checks.results.conclusion import FINDINGS, OK, UNKNOWN, exit_code
from checks.results.result import Ref, Result, Severity, Status
from checks.servers.check import CHECK as SERVERS_CHECK
from tests.checks.drifts import QUOTA, SPACE, no_namespace
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


def test_warnings_explain_no_skips(world: World) -> None:
    no_namespace(world)
    skipped = SERVERS_CHECK.run(world.declaration, world.snapshot())
    slow = Result("connection", "", Status.FAIL, 1, 0, (finding("api.latency", Ref("Cluster", "x"), ""),), (), (), 0.0)
    assert exit_code((skipped, slow), Severity.ERROR) == UNKNOWN


def test_a_finding_outweighs_an_unknown(world: World) -> None:
    world.deny("nodes", "")
    world.remove(*QUOTA)
    assert exit_code(world.results(), Severity.ERROR) == FINDINGS


def test_a_warning_fails_only_at_its_threshold(world: World) -> None:
    world.one(*SPACE)["metadata"]["annotations"].clear()
    results = world.results()
    assert exit_code(results, Severity.ERROR) == OK
    assert exit_code(results, Severity.WARNING) == FINDINGS


def test_no_results_are_not_a_pass() -> None:
    assert exit_code((), Severity.ERROR) == UNKNOWN


def test_skipped_without_a_finding_is_not_a_pass(world: World) -> None:
    no_namespace(world)
    result = SERVERS_CHECK.run(world.declaration, world.snapshot())
    assert result.skipped == len(list(manifests(world.declaration, SERVERS)))
    assert exit_code((result,), Severity.ERROR) == UNKNOWN
