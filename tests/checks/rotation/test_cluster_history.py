"""The history of the rotator, in the Secret of its journal, and how `cortex secrets history` shows it."""

import base64
from collections.abc import Iterator
from pathlib import Path

import anyio
import msgspec
import pytest

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.reading import Read
from checks.rotation import cluster_history
from checks.rotation.cluster_journal import ClusterJournal
from checks.rotation.journal import resumed
from checks.rotation.log import Entry, append
from tests.checks.cli.project import LIGHT, Project
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.rotation.test_commands import log_file, valid
from tests.checks.world import Json, World, declared

NAMESPACE, NAME = cluster_history.PLACE
PARTS = {
    **LIGHT,
    "secrets": {
        "creds": {"namespace": "cortex-mcp", "generated": "token", "rotation": {"every": "90d"}},
        "other": {"namespace": "cortex-mcp", "existing": ["token"]},
    },
    "rotator": {"image": "registry.test/cortex:1"},
}


def entry(number: int, outcome: str = "rotated", name: str = "creds", reason: str = "") -> Entry:
    return Entry(
        at=f"2026-01-{number:02}T00:00:00Z",
        id=f"r{number}",
        action="rotate",
        outcome=outcome,
        stack="test",
        namespace="cortex-mcp",
        name=name,
        keys=("token",),
        by="65532@cortex-rotate-1",
        reason=reason,
    )


@pytest.fixture
def api() -> Iterator[FakeApi]:
    world = World(declared(**{key: PARTS[key] for key in ("secrets", "rotator", "servers", "configMaps")}))
    with serve(world) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path, api: FakeApi) -> Project:
    project = Project(tmp_path, api.url)
    project.declare(PARTS)
    return project


def rotate(api: FakeApi, *entries: Entry) -> None:
    """Record rotations as the rotator does, each with a journal and an old value while it goes on."""

    async def run() -> None:
        async with Connection("test", api.url).client() as http:
            journal = ClusterJournal(ApiClient(http))
            for one in entries:
                await journal.write(b"{}")
                await journal.keep(b"very-secret-old")
                await journal.record(one)
                await journal.record(one)
                await journal.remove()
            assert await resumed(journal) is None

    anyio.run(run)


def content(api: FakeApi) -> Json:
    found: Json = api.world.one("secrets", NAMESPACE, NAME)["data"]
    return {key: base64.b64decode(value) for key, value in found.items()}


def test_the_history_is_all_that_stays_of_a_rotation(api: FakeApi) -> None:
    rotate(api, entry(1), entry(2, "rolled-back", reason="pod time-1 does not answer"))
    assert set(content(api)) == {cluster_history.KEY}
    entries = [msgspec.json.decode(line, type=Entry) for line in content(api)[cluster_history.KEY].splitlines()]
    assert [one.outcome for one in entries] == ["rotated", "rolled-back"]


def test_the_oldest_entries_are_removed() -> None:
    history = b"damaged\n"
    for number in range(10):
        history = cluster_history.with_entry(history, entry(number, reason="x" * 100_000))
    ids = [msgspec.json.decode(line, type=Entry).id for line in history.splitlines()]
    assert ids == ["r8", "r9"]
    huge = entry(11, reason="x" * 2 * cluster_history.MOST_BYTES)
    assert len(cluster_history.with_entry(history, huge).splitlines()) == 1


def test_history_shows_what_the_rotator_did(project: Project, api: FakeApi) -> None:
    rotate(api, entry(1), entry(3, "rolled-back", reason="pod time-1 does not answer"), entry(4, name="other"))
    log_file(project).parent.mkdir(parents=True)
    append(log_file(project), msgspec.structs.replace(entry(2), by="me@here"))
    out, _ = project.cortex("secrets", "history", "test", "creds", "--format", "json", code=0)
    shown = valid(out, "cortex.dev/secrets-history/v1")
    assert [(one["id"], one["by"]) for one in shown["entries"]] == [
        ("r1", "65532@cortex-rotate-1"),
        ("r2", "me@here"),
        ("r3", "65532@cortex-rotate-1"),
    ]
    out, _ = project.cortex("secrets", "history", "test", code=0)
    assert out.count("cortex-rotate-1") == 3
    assert "pod time-1 does not answer" in out


def test_a_history_that_cannot_be_read_is_unknown(project: Project, api: FakeApi) -> None:
    log_file(project).parent.mkdir(parents=True)
    append(log_file(project), entry(2))
    api.faults[f"/api/v1/namespaces/{NAMESPACE}/secrets/{NAME}"] = [status(403, "denied")]
    out, _ = project.cortex("secrets", "history", "test", "--format", "json", code=3)
    shown = valid(out, "cortex.dev/secrets-history/v1")
    assert [one["id"] for one in shown["entries"]] == ["r2"]
    assert shown["unknowns"][0]["what"] == f"get secrets {NAMESPACE}/{NAME}"
    out, _ = project.cortex("secrets", "history", "test", code=3)
    assert "Could not be checked" in out


def test_a_damaged_history_is_an_error(project: Project, api: FakeApi) -> None:
    api.world.one("secrets", NAMESPACE, NAME)["data"] = {cluster_history.KEY: base64.b64encode(b"{}\n").decode()}
    _, err = project.cortex("secrets", "history", "test", code=3)
    assert err == f"cortex: Secret {NAMESPACE}/{NAME}: history.jsonl is not a history of rotations: remove the key\n"


def test_before_the_first_rotation_there_is_none(api: FakeApi) -> None:
    async def run() -> object:
        async with Connection("test", api.url).client() as http:
            return await cluster_history.read(ApiClient(http))

    found = anyio.run(run)
    assert isinstance(found, Read)
    assert found.value == ()
