"""Each drift of the deployed declaration gives exactly its finding."""

import hashlib
import json

import pytest

from stacks.model import names
from tests.checks.drifts import DEPLOYED, Break, assert_found, codes_of, meta, set_in
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


def deploy(world: World, content: str) -> None:
    """Leave another declaration in the cluster, as a deployment would."""
    config_map = world.one("configmaps", "cortex-system", "cortex-declaration")
    config_map["data"] = {names.DECLARATION_KEY: content}
    config_map["metadata"]["annotations"] = {names.DECLARATION_HASH: hashlib.sha256(content.encode()).hexdigest()}


def deployed_otherwise(world: World) -> None:
    deploy(world, declared(cluster={"context": "x", "environment": "y"}).canonical())


def deployed_by_a_later_version(world: World) -> None:
    deploy(world, json.dumps({**json.loads(world.declaration.canonical()), "later": {}}))


DRIFTS: list[tuple[str, str, Break]] = [
    ("declaration.missing", "ConfigMap cortex-system/cortex-declaration", lambda w: w.remove(*DEPLOYED)),
    (
        "declaration.corrupt",
        "ConfigMap cortex-system/cortex-declaration",
        meta(*DEPLOYED, "annotations", {names.DECLARATION_HASH: "0"}),
    ),
    ("declaration.differs", "ConfigMap cortex-system/cortex-declaration", deployed_otherwise),
    ("declaration.differs", "ConfigMap cortex-system/cortex-declaration", deployed_by_a_later_version),
    (
        "declaration.corrupt",
        "ConfigMap cortex-system/cortex-declaration",
        set_in(*DEPLOYED, "data", {names.DECLARATION_KEY: "{}"}),
    ),
    (
        "declaration.corrupt",
        "ConfigMap cortex-system/cortex-declaration",
        set_in(
            *DEPLOYED,
            "data",
            {names.DECLARATION_KEY: declared(cluster={"context": "x", "environment": "y"}).canonical()},
        ),
    ),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("declaration")


def test_same_declaration_written_by_another_version_is_the_same(world: World) -> None:
    written = json.loads(world.declaration.canonical())
    del written["verifier"]
    deploy(world, json.dumps(written))
    assert world.codes() == []


def test_edited_declaration_names_what_was_edited(world: World) -> None:
    edited = declared(cluster={"context": "x", "environment": "testing", "nodes": 2})
    set_in(*DEPLOYED, "data", {names.DECLARATION_KEY: edited.canonical()})(world)
    (finding,) = world.findings()
    assert finding.code == "declaration.corrupt"
    assert "cluster.context" in finding.message


def test_changed_declaration_names_what_differs(world: World) -> None:
    world.declaration = declared(
        cluster={"context": "test", "environment": "testing", "nodes": 2, "networkPolicies": "ignored"}
    )
    (finding,) = world.findings()
    assert finding.code == "declaration.differs"
    assert "cluster.networkPolicies" in finding.message
