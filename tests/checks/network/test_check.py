"""Each drift of NetworkPolicies, field by field gives exactly its finding."""

import pytest

from tests.checks.drifts import DENY, Break, add, assert_found, codes_of, set_in
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


DRIFTS: list[tuple[str, str, Break]] = [
    ("network.missing", "NetworkPolicy cortex-mcp/default-deny", lambda w: w.remove(*DENY)),
    ("network.policy", "NetworkPolicy cortex-mcp/default-deny", set_in(*DENY, "spec/ingress", [{}])),
    (
        "network.policy",
        "NetworkPolicy cortex-mcp/default-deny",
        set_in(*DENY, "spec/podSelector", {"matchLabels": {"a": "b"}}),
    ),
    (
        "network.undeclared",
        "NetworkPolicy cortex-mcp/open",
        add("networkpolicies", "open"),
    ),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


ELSEWHERE = (
    "network.closed",
    "network.open",
)
"""Prefixes of codes with tests of their own: see test_outcomes.py."""


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("network", *ELSEWHERE)
