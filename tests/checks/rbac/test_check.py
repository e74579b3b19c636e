"""Each drift of accounts, roles and bindings, field by field gives exactly its finding."""

import pytest

from tests.checks.drifts import ACCOUNT, BINDING, ROLE, Break, assert_found, codes_of, drop, set_in
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


DRIFTS: list[tuple[str, str, Break]] = [
    ("rbac.missing", "ServiceAccount cortex-mcp/time-mcp-server", lambda w: w.remove(*ACCOUNT)),
    ("rbac.missing", f"RoleBinding cortex-mcp/{BINDING[2]}", lambda w: w.remove(*BINDING)),
    (
        "rbac.token",
        "ServiceAccount cortex-mcp/time-mcp-server",
        set_in(*ACCOUNT, "automountServiceAccountToken", 1),
    ),
    ("rbac.token", "ServiceAccount cortex-mcp/time-mcp-server", drop(*ACCOUNT, "automountServiceAccountToken")),
    ("rbac.rules", f"Role cortex-mcp/{ROLE[2]}", set_in(*ROLE, "rules/0/verbs", ["*"])),
    ("rbac.subjects", f"RoleBinding cortex-mcp/{BINDING[2]}", set_in(*BINDING, "subjects/0/name", "default")),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


ELSEWHERE = (
    "rbac.allowed",
    "rbac.denied",
    "rbac.escalation",
    "rbac.group-binding",
    "rbac.role-missing",
    "rbac.undeclared-binding",
    "rbac.role",
)
"""Prefixes of codes with tests of their own: see test_rbac.py and below."""


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("rbac", *ELSEWHERE)


def test_binding_of_another_role_is_found(world: World) -> None:
    set_in(*BINDING, "roleRef", {"kind": "ClusterRole", "name": "view"})(world)
    assert world.codes() == ["rbac.role"]
