"""Secrets whose values are made in the cluster: content, age, and the journal of rotations."""

import base64
from datetime import timedelta
from typing import Any

import anyio
import pytest

from checks.kube.connection import Connection
from checks.results.result import Finding, Remedy
from checks.rotation import cluster_history
from checks.secrets import collect as secrets
from checks.secrets.check import CHECK
from stacks.manifests.checksum import checksum
from stacks.model import names
from tests.checks.collecting import collect
from tests.checks.fake_api import serve
from tests.checks.world import NOW, SETTINGS, Json, World, declared

MADE = {"namespace": "cortex-mcp", "generated": "key", "rotation": {"every": "30d"}}
OF_OTHERS = {"namespace": "cortex-mcp", "existing": ["key"], "rotation": {"every": "30d"}}
JOURNAL = ("secrets", "cortex-system", names.ROTATION_JOURNAL)


def world(kind: Json, value: str = "very-secret-key", **annotations: str) -> World:
    """Give a healthy cluster with a server that reads a Secret which was made 45 days ago."""
    reader = {**SETTINGS["servers"]["time"], "secrets": [{"name": "made", "env": {"KEY": "key"}}]}
    rotator = {"image": "registry.test/cortex:1"}
    found = World(declared(servers={"time": reader}, secrets={"made": kind}, configMaps={}, rotator=rotator))
    meta: Json = {
        "name": "made",
        "labels": {names.COMPONENT: "mcp-servers"},
        "creationTimestamp": days_ago(45),
        "annotations": {names.CHECKSUM: checksum("cortex-mcp/made", {}, {"key": "very-secret-key"}), **annotations},
        # A rollback writes the data, too.
        "managedFields": [{"manager": "cortex-secrets", "time": days_ago(1), "fieldsV1": {"f:data": {}}}],
    }
    data = {"key": base64.b64encode(value.encode()).decode()}
    found.objects["secrets", "cortex-mcp"] = []
    found.add("secrets", "cortex-mcp", {"metadata": meta, "type": "Opaque", "data": data})
    found.one(*JOURNAL)["metadata"]["creationTimestamp"] = days_ago(4000)
    return found


def days_ago(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def judged(world: World) -> list[Finding]:
    with serve(world) as api:
        found: Any = anyio.run(collect, secrets.READ_SECRETS, world.declaration, Connection("test", api.url))
    world.secrets = secrets.Secrets(NOW, found.secrets, found.others, found.rolled)
    return list(CHECK.run(world.declaration, world.snapshot()).findings)


@pytest.mark.parametrize("kind", [MADE, OF_OTHERS], ids=["generated", "existing"])
@pytest.mark.parametrize(("rotated", "codes"), [(29, []), (31, ["secret.rotation"])], ids=["young", "overdue"])
def test_the_age_is_that_of_the_last_rotation(kind: Json, rotated: int, codes: list[str]) -> None:
    assert [one.code for one in judged(world(kind, **{names.ROTATED: days_ago(rotated)}))] == codes


def test_what_was_written_but_never_rotated_is_as_old_as_the_secret() -> None:
    (finding,) = judged(world(MADE))
    assert (finding.code, finding.message) == ("secret.rotation", "the Secret was last rotated 45 days ago")


def test_a_change_by_hand_is_found_and_its_readers_are_named() -> None:
    (finding,) = judged(world(MADE, "very-secret-other", **{names.ROTATED: days_ago(2)}))
    assert (finding.code, finding.remedy) == ("secret.content", Remedy.PERSON)
    assert finding.message == "the content is not what the last rotation wrote; time reads it"
    assert "secrets rotate" in finding.hint


def test_others_may_change_a_secret_of_theirs() -> None:
    assert judged(world(OF_OTHERS, "very-secret-other", **{names.ROTATED: days_ago(2)})) == []


def test_before_the_first_rotation_a_generated_secret_has_any_content() -> None:
    fresh = world(MADE, **{names.ROTATED: days_ago(2)})
    del fresh.one("secrets", "cortex-mcp")["metadata"]["annotations"][names.CHECKSUM]
    assert judged(fresh) == []


def test_a_deployment_makes_a_generated_secret_and_the_journal_again() -> None:
    lost = world(MADE)
    lost.remove("secrets", "cortex-mcp", "made")
    lost.remove(*JOURNAL)
    found = {(str(one.object), one.code, one.remedy) for one in judged(lost)}
    assert found == {
        ("Secret cortex-mcp/made", "secret.missing", Remedy.PULUMI),
        ("Secret cortex-system/cortex-rotation", "secret.missing", Remedy.PULUMI),
    }


def test_the_history_of_rotations_is_not_a_finding() -> None:
    rotated = world(MADE, **{names.ROTATED: days_ago(2)})
    rotated.one(*JOURNAL)["data"] = {cluster_history.KEY: base64.b64encode(b"{}\n").decode()}
    assert judged(rotated) == []
