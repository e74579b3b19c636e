"""Secrets and ConfigMaps of workloads that are not MCP servers: their users, and pods with outdated ones."""

import base64
from dataclasses import replace

import anyio
import pytest

from checks.kube.connection import Connection
from checks.secrets.check import CHECK
from checks.secrets.collect import READ_SECRETS
from checks.secrets.wanted import shown, wanted_config_maps, wanted_secrets
from stacks.manifests.checksum import checksum
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.owner import WORKLOADS, Owner
from tests.checks.collecting import collect
from tests.checks.fake_api import serve
from tests.checks.world import NOW, Json, World, declared

DB = {
    "image": "registry.test/db:1",
    "port": 5432,
    "controller": "StatefulSet",
    "config": {"db.conf": "fsync on"},
    "secretEnv": {"PASSWORD": "db-password"},
    "configMaps": [{"name": "shared", "envFrom": True}],
}
VALUES = {"PASSWORD": "very-secret"}
PLAIN = {"db.conf": "fsync on", "shared/level": "info"}
SET = "statefulsets", "cortex-mcp", "db"


def declaration() -> Declaration:
    return declared(servers={}, workloads={"db": DB}, resourceManager=None)


@pytest.fixture
def world() -> World:
    """Give a cluster in which the pods of a database run with the current content of what they read."""
    world = World(declaration())
    owner = Owner(WORKLOADS, "db")
    made: Json = {"name": owner.secret, "namespace": "cortex-mcp", "labels": owner.labels}
    made["annotations"] = {names.CHECKSUM: checksum(f"cortex-mcp/{owner.secret}", {}, VALUES)}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in VALUES.items()}
    world.objects["secrets", "cortex-mcp"] = []
    world.add("secrets", "cortex-mcp", {"metadata": made, "type": "Opaque", "data": data})
    annotations = world.one(*SET)["spec"]["template"]["metadata"]["annotations"]
    annotations[names.CHECKSUM] = checksum("cortex-mcp/db", PLAIN, VALUES)
    return world


def codes(world: World) -> list[str]:
    with serve(world) as api:

        async def main() -> None:
            found = await collect(READ_SECRETS, world.declaration, Connection("test", api.url))
            world.secrets = replace(found, taken=NOW)

        anyio.run(main)
    return [finding.code for finding in CHECK.run(world.declaration, world.snapshot()).findings]


def test_pods_with_the_current_content_are_no_finding(world: World) -> None:
    assert codes(world) == []


def test_pods_with_an_outdated_content_are_found(world: World) -> None:
    world.one(*SET)["spec"]["template"]["metadata"]["annotations"][names.CHECKSUM] = "0" * 64
    assert codes(world) == ["secret.stale-pods"]


def test_a_missing_secret_is_found(world: World) -> None:
    world.remove("secrets", "cortex-mcp", "db")
    assert "secret.missing" in codes(world)


def test_users_are_named_so_that_a_server_of_the_same_name_is_another() -> None:
    (secret,) = wanted_secrets(declaration())
    users = {config_map.place.name: shown(config_map.users) for config_map in wanted_config_maps(declaration())}
    assert shown(secret.users) == ("workloads.db",)
    assert users == {"shared": ("workloads.db",), "db-config": ("workloads.db",)}
