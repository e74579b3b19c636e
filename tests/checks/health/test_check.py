"""Each undeclared container gives exactly its finding."""

import pytest

from tests.checks.drifts import POD, Break, assert_found, codes_of
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


def ephemeral_container(world: World) -> None:
    world.one(*POD)["spec"] = {"ephemeralContainers": [{"name": "debugger", "image": "busybox"}]}


def injected(field: str) -> Break:
    def inject(world: World) -> None:
        world.one(*POD)["spec"] = {field: [{"name": "sidecar", "image": "mesh"}]}

    return inject


DRIFTS: list[tuple[str, str, Break]] = [
    ("pod.ephemeral-container", "Pod cortex-mcp/time-mcp-server-5d-0", ephemeral_container),
    ("pod.undeclared-container", "Pod cortex-mcp/time-mcp-server-5d-0", injected("containers")),
    ("pod.undeclared-container", "Pod cortex-mcp/time-mcp-server-5d-0", injected("initContainers")),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


ELSEWHERE = (
    "container.",
    "deployment.",
    "probe.",
    "rotator.",
    "verifier.",
)
"""Prefixes of codes with tests of their own: see test_health.py."""


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("health", *ELSEWHERE)
