"""The commands `cortex secrets` that need no Pulumi, against an API server that a test plays."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.rotation.description import SCHEMA as DESCRIPTION
from checks.rotation.history import SCHEMA as HISTORY
from checks.rotation.log import Entry, append
from tests.checks import in_process
from tests.checks.cli.project import LIGHT, Project
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.reports import validate
from tests.checks.world import Json, World, declared

NAMESPACE = {"namespace": "cortex-mcp"}
PARTS = {
    **LIGHT,
    "secrets": {
        "theirs": {**NAMESPACE, "existing": ["token"], "rotateAfterDays": 30},
        "ours": {**NAMESPACE, "keys": {"a": {"pulumi": "key"}, "b": {"file": "b.txt"}, "c": {"literal": "c"}}},
        "fetched": {**NAMESPACE, "external": {"store": "vault", "keys": {"a": "path"}}},
    },
}
PARTS["cluster"] = {**PARTS["cluster"], "customResources": ["ExternalSecret"]}


def secret(name: str, values: dict[str, str], **fields: object) -> Json:
    """Give a Secret of others."""
    meta = {"name": name, "namespace": "cortex-mcp", "uid": f"uid-{name}", "resourceVersion": "7"}
    meta["creationTimestamp"] = "2026-01-01T00:00:00Z"
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {"metadata": meta, "data": data, **fields}


@pytest.fixture
def api() -> Iterator[FakeApi]:
    changed = {key: PARTS[key] for key in ("secrets", "cluster", "servers", "configMaps")}
    world = World(declared(**changed))
    world.objects["secrets", "cortex-mcp"] = [
        secret("theirs", {"token": "very-secret-token", "more": "very-secret-more"}),
        secret("left", {"a": "very-secret-left"}),
        secret("helm", {"release": "very-secret-release"}, type="helm.sh/release.v1"),
    ]
    owned = secret("owned", {"a": "very-secret-owned"})
    owned["metadata"]["ownerReferences"] = [{"kind": "Certificate", "name": "site"}]
    world.objects["secrets", "cortex-mcp"].append(owned)
    with serve(world) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path, api: FakeApi) -> Project:
    project = Project(tmp_path, api.url)
    project.declare(PARTS)
    return project


def log_file(project: Project) -> Path:
    return project.folder / ".local" / "state" / "cortex" / "rotation" / "test" / "log.jsonl"


def valid(out: str, schema: str) -> Json:
    """Give a JSON report, after its schema was found to hold."""
    found: Json = json.loads(out)
    validate(found, schema)
    return found


def test_a_secret_is_described_without_its_values(project: Project) -> None:
    out, _ = project.cortex("secrets", "describe", "test", "theirs", "--format", "json", code=0)
    report = valid(out, DESCRIPTION)
    assert (report["provider"], report["namespace"], report["usedBy"]) == ("existing", "cortex-mcp", [])
    assert report["keys"] == [
        {"key": "more", "source": "undeclared", "present": True},
        {"key": "token", "source": "existing", "present": True},
    ]
    assert len(report["hash"]) == 16
    assert report["daysLeft"] < 0
    out, _ = project.cortex("secrets", "describe", "test", "theirs", code=0)
    assert "overdue by " in out


def test_missing_keys_are_told_with_their_sources(project: Project) -> None:
    out, _ = project.cortex("secrets", "describe", "test", "ours", code=1)
    for line in ("(missing)", "Pulumi secret secrets:key  no", "file b.txt", "stack file"):
        assert line in out
    out, _ = project.cortex("secrets", "describe", "test", "fetched", code=1)
    assert "vault" in out


def test_values_are_revealed_at_a_terminal_only(project: Project) -> None:
    for options in ((), ("--format", "json"), ("--output", "file")):
        _, err = project.cortex("secrets", "describe", "test", "theirs", "--reveal", *options, code=2)
        assert "--reveal shows values only at a terminal" in err
    leader, follower = os.openpty()
    with os.fdopen(follower, "w") as terminal, (project.folder / "err").open("w") as errors:
        asked = ["secrets", "describe", "test", "theirs", "--reveal"]
        assert in_process.run_into(terminal, errors, asked, project.folder, project.environment()) == 0
    shown = b""
    # A terminal gives what was written in pieces, and an error after the last one.
    while b"token:\r\n  very-secret-token" not in shown:
        shown += os.read(leader, 65536)
    os.close(leader)


@pytest.mark.parametrize(
    ("name", "key", "said"),
    [
        ("fetched", "a", "is fetched from the store vault"),
        ("ours", "b", "is the content of b.txt"),
        ("ours", "c", "is written in the stack file"),
        ("ours", "d", "has no key 'd'"),
        ("theirs", "more", "has no key 'more'"),
        ("nothing", "a", "declares no Secret 'nothing'"),
    ],
)
def test_what_is_kept_elsewhere_is_not_set(project: Project, name: str, key: str, said: str) -> None:
    _, err = project.cortex("secrets", "set", "test", name, key, "--generate", "20", code=2)
    assert said in err


def test_a_key_of_others_is_set_if_nobody_changes_it_meanwhile(project: Project, api: FakeApi) -> None:
    value = project.folder / "value"
    value.write_text("very-secret-new")
    asked = ("secrets", "set", "test", "theirs", "token", "--file", str(value))
    _, err = project.cortex(*asked, code=0)
    assert "token of Secret cortex-mcp/theirs is set; nothing of the stack reads it" in err
    theirs = api.world.objects["secrets", "cortex-mcp"][0]
    assert base64.b64decode(theirs["data"]["token"]) == b"very-secret-new"
    (entry,) = [json.loads(line) for line in log_file(project).read_text().splitlines()]
    assert (entry["action"], entry["keys"], entry["name"]) == ("set", ["token"], "theirs")

    api.on_write = lambda path: theirs["metadata"].update(resourceVersion="another")
    _, err = project.cortex(*asked, code=3)
    assert "was changed meanwhile: nothing was written" in err


def test_a_key_of_others_can_be_binary(project: Project, api: FakeApi) -> None:
    value = project.folder / "value"
    value.write_bytes(bytes(range(256)))
    project.cortex("secrets", "set", "test", "theirs", "token", "--file", str(value), code=0)
    theirs = api.world.objects["secrets", "cortex-mcp"][0]
    assert base64.b64decode(theirs["data"]["token"]) == bytes(range(256))


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b"x" * (1 << 20) + b"y", "1 MiB")], ids=["empty", "large"]
)
def test_a_value_that_no_secret_can_have_changes_nothing(
    project: Project, api: FakeApi, content: bytes, said: str
) -> None:
    value = project.folder / "value"
    value.write_bytes(content)
    before = dict(api.world.objects["secrets", "cortex-mcp"][0]["data"])
    for asked in (("set", "test", "theirs", "token"), ("rotate", "test", "theirs")):
        _, err = project.cortex("secrets", *asked, "--file", str(value), code=2)
        assert said in err
    assert api.world.objects["secrets", "cortex-mcp"][0]["data"] == before


def test_a_value_that_is_no_argument_is_required(project: Project) -> None:
    _, err = project.cortex("secrets", "set", "test", "theirs", "token", code=2)
    assert "the value is empty" in err
    for asked in (("set", "test", "theirs", "token"), ("rotate", "test", "theirs")):
        _, err = project.cortex("secrets", *asked, "very-secret", code=2)
        assert "a value is never an argument" in err


def test_history_is_the_log_of_this_account(project: Project) -> None:
    out, _ = project.cortex("secrets", "history", "test", code=0)
    assert out.startswith("Nothing was done from this account")
    file = log_file(project)
    file.parent.mkdir(parents=True)
    for number, name in enumerate(("theirs", "ours")):
        entry = Entry(
            at="2026-01-01T00:00:00Z",
            id=str(number),
            action="set",
            outcome="written",
            stack="test",
            namespace="cortex-mcp",
            name=name,
            keys=("a",),
            by="me@here",
        )
        append(file, entry)
    out, _ = project.cortex("secrets", "history", "test", "ours", "--format", "json", code=0)
    assert [one["name"] for one in valid(out, HISTORY)["entries"]] == ["ours"]
    out, _ = project.cortex("secrets", "history", "test", code=0)
    assert out.count("me@here") == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("theirs", "the stack declares Secret cortex-mcp/theirs: remove it from Pulumi.test.yaml"),
        ("owned", "belongs to Certificate site: delete that instead"),
        ("helm", "is of type helm.sh/release.v1: its program deletes it"),
        ("nothing", "no namespace of the stack has a Secret 'nothing'"),
    ],
)
def test_what_is_of_others_is_not_deleted(project: Project, api: FakeApi, name: str, said: str) -> None:
    _, err = project.cortex("secrets", "delete", "test", name, "--yes", code=2)
    assert said in err
    assert api.deleted == []


def test_a_secret_that_is_left_is_deleted(project: Project, api: FakeApi) -> None:
    _, err = project.cortex("secrets", "delete", "test", "left", code=2)
    assert "there is no terminal to ask on" in err
    _, err = project.cortex("secrets", "delete", "test", "left", "--yes", code=0)
    assert "Secret cortex-mcp/left is deleted" in err
    assert api.deleted == ["/api/v1/namespaces/cortex-mcp/secrets/left"]


def test_a_secret_is_not_deleted_if_its_users_cannot_be_read(project: Project, api: FakeApi) -> None:
    api.faults["/api/v1/namespaces/cortex-mcp/pods"] = [status(403, "no")]
    _, err = project.cortex("secrets", "delete", "test", "left", "--yes", code=3)
    assert 'lacks the verb "list" on "pods"' in err
    assert api.deleted == []
