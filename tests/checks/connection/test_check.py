"""Each drift of nodes and DNS gives exactly its finding."""

import pytest

from tests.checks.drifts import DNS, NODE, Break, assert_found, codes_of, set_in
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


DRIFTS: list[tuple[str, str, Break]] = [
    ("node.count", "Cluster test", lambda w: w.remove("nodes", "", "node-0")),
    ("node.not-ready", "Node node-0", set_in(*NODE, "status/conditions", [{"type": "Ready", "status": "Unknown"}])),
    ("node.not-ready", "Node node-0", set_in(*NODE, "status", {})),
    ("dns.down", "Pods kube-system/k8s-app=kube-dns", lambda w: w.remove(*DNS)),
    ("dns.down", "Pods kube-system/k8s-app=kube-dns", set_in(*DNS, "status", {"phase": "Pending"})),
    (
        "dns.not-ready",
        "Pod kube-system/coredns-2",
        lambda w: w.add("pods", "kube-system", {"metadata": {"name": "coredns-2"}, "status": {"phase": "Pending"}}),
    ),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


ELSEWHERE = (
    "api.",
    "dns.answer",
)
"""Prefixes of codes with tests of their own: see test_connection.py."""


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("connection", *ELSEWHERE)
