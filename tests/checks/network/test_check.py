"""Each drift of NetworkPolicies, field by field gives exactly its finding."""

from typing import Any

import pytest

from checks.network.check import CHECK
from checks.results.result import reasons
from tests.checks.drifts import DENY, Break, add, assert_found, codes_of, set_in
from tests.checks.world import SETTINGS, World, declared


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


POLICY = "ciliumnetworkpolicies", "cortex-mcp", "time"
NAMES: list[tuple[str, Break]] = [
    ("network.missing", lambda w: w.remove(*POLICY)),
    ("network.policy", set_in(*POLICY, "spec/ingress", [{}])),
    ("network.policy", set_in(*POLICY, "spec/endpointSelector", {})),
    ("network.policy", set_in(*POLICY, "spec/egress/0/toPorts/0/rules/dns", [])),
    ("network.policy", set_in(*POLICY, "spec/egress/1/toFQDNs", [{"matchPattern": "*.example.com"}])),
    ("network.policy", set_in(*POLICY, "spec/egress/1/toPorts/0/ports/0/port", "80")),
]


def with_names() -> World:
    """Return a healthy cluster whose network is Cilium, with a server that may connect to a DNS name."""
    egress = [{"dnsNames": ["api.example.com"], "ports": [443]}]
    servers: Any = {**SETTINGS["servers"], "time": {**SETTINGS["servers"]["time"], "egress": egress}}
    cluster = {**SETTINGS["cluster"], "customResources": ["CiliumNetworkPolicy"]}
    return World(declared(cluster=cluster, servers=servers))


@pytest.mark.parametrize(("code", "drift"), NAMES, ids=[f"{n}-{d[0]}" for n, d in enumerate(NAMES)])
def test_drift_of_a_policy_with_dns_names_gives_exactly_its_finding(code: str, drift: Break) -> None:
    assert_found(with_names(), code, "CiliumNetworkPolicy cortex-mcp/time-mcp-server", drift)


def test_dns_names_are_told_to_be_untried() -> None:
    world = with_names()
    result = CHECK.run(world.declaration, world.snapshot())
    assert world.codes() == []
    assert "connections to DNS names are not tried, only their policies are compared: servers.time.egress" in (
        reasons(result.facts)
    )


def test_an_undeclared_policy_of_cilium_is_found() -> None:
    drift = add("ciliumnetworkpolicies", "open")
    assert_found(with_names(), "network.undeclared", "CiliumNetworkPolicy cortex-mcp/open", drift)


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
