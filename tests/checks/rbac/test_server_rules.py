"""A server's own rules are not reported, and what exceeds them is."""

from dataclasses import replace

import pytest

from checks.rbac.check import CHECK, access
from tests.checks.world import SETTINGS, Json, World, declared

OWN = "cortex-mcp-time-mcp-server-cluster-rules"
ALL = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
KUBERNETES: Json = {
    "clusterRoles": ["view", "cluster-admin"],
    "rules": [{"resources": ["secrets", "pods/exec"], "verbs": ["get", "create"]}],
    "clusterRules": [{"resources": ["nodes"], "verbs": ["list"]}, {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}],
    "namespaces": ["cortex-mcp"],
}


@pytest.fixture
def world() -> World:
    servers = {**SETTINGS["servers"], "time": {**SETTINGS["servers"]["time"], "kubernetes": KUBERNETES}}
    world = World(declared(servers=servers))
    world.role("cluster-admin", [ALL])
    return world


def found(world: World) -> set[tuple[str, str]]:
    result = replace(CHECK, check=access).run(world.declaration, world.snapshot())
    return {(finding.code, str(finding.object)) for finding in result.findings}


def test_what_is_declared_is_no_finding(world: World) -> None:
    assert world.codes() == []


def test_a_rule_that_the_role_gained_is_found_twice_over(world: World) -> None:
    world.one("clusterroles", "", OWN)["rules"].append({"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]})
    assert ("rbac.escalation", f"ClusterRole {OWN}") in found(world)
    assert "rbac.rules" in world.codes()


def test_a_cluster_role_that_is_gone_denies_what_is_declared(world: World) -> None:
    world.remove("clusterroles", "", OWN)
    assert {code for code, _ in found(world)} == {"rbac.role-missing", "rbac.denied"}


def test_a_binding_for_the_whole_cluster_that_is_not_declared_is_found(world: World) -> None:
    account = {"kind": "ServiceAccount", "name": "time-mcp-server", "namespace": "cortex-mcp"}
    world.bind("more", "view", account)
    assert ("rbac.undeclared-binding", "ClusterRoleBinding more") in found(world)
