"""What is in Secrets of the cluster, and what an MCP server repeats of its token, is in no report and no file."""

import base64
import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import stamina
from starlette.responses import JSONResponse

from checks.cli.commands import verify
from checks.formats.formats import OWN
from checks.hiding import HIDDEN
from checks.in_cluster.publication import config_map
from checks.mcp import replicas as mcp_replicas
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi, serve
from tests.checks.mcp.proxying import pod
from tests.checks.mcp.test_probe import page, running
from tests.checks.world import SETTINGS, Json, World, declared
from tests.leaks.canary import canary, leaks
from tests.leaks.test_canary import TEXTS

TOKEN = canary("token", plain=True)
LIVE = {name: canary(name) for name in ("own", "undeclared key", "certificate", "left", "kubectl's annotation")}
CANARIES = [TOKEN, *LIVE.values()]
SPACE = "cortex-mcp"
REPEATED = " ".join(encode(TOKEN.value) for _, encode in TEXTS.values())

SERVER = {
    **SETTINGS["servers"]["time"],
    "authorization": {"bearer": {"secret": "time-token", "key": "token"}},
    "replicas": 1,
}
PARTS = {
    **SETTINGS,
    "servers": {"time": SERVER},
    "secrets": {
        "time-token": {"namespace": SPACE, "existing": ["token"]},
        "own": {"namespace": SPACE, "keys": {"key": {"pulumi": "key"}}},
        "site": {"namespace": SPACE, "existing": ["tls.crt", "tls.key"]},
    },
}


def secret(name: str, values: Mapping[str, str], **fields: Any) -> Json:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    applied = json.dumps({"stringData": {"key": LIVE["kubectl's annotation"].value}})
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": applied}
    metadata = {"name": name, "namespace": SPACE, "creationTimestamp": "2026-01-01T00:00:00Z", "uid": f"uid-{name}"}
    return {"metadata": {**metadata, "resourceVersion": "7", "annotations": annotations}, "data": data, **fields}


@pytest.fixture
def api() -> Iterator[FakeApi]:
    world = World(declared(**PARTS))
    world.objects["secrets", SPACE] = [
        secret("time-token", {"token": TOKEN.value}),
        secret("own", {"key": LIVE["own"].value, "another": LIVE["undeclared key"].value}),
        secret("site", dict.fromkeys(("tls.crt", "tls.key"), LIVE["certificate"].value), type="kubernetes.io/tls"),
        secret("left", {"a": LIVE["left"].value}),
    ]
    world.objects["pods", SPACE] = [pod("time-1")]
    with serve(world) as api:
        yield api


@pytest.fixture
def repeating(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a forwarded port lead to a server that repeats its token in every form."""
    error = {"jsonrpc": "2.0", "error": {"message": REPEATED}}
    with running(page(JSONResponse(error, 500))) as target:

        @asynccontextmanager
        async def forwarded(*_: object) -> AsyncGenerator[str]:
            yield target.host.removeprefix("http://")

        monkeypatch.setattr(mcp_replicas, "forwarded", forwarded)
        with stamina.set_testing(True, attempts=1, cap=True):
            yield


@pytest.fixture
def project(api: FakeApi, tmp_path: Path) -> Project:
    made = Project(tmp_path, api.url)
    made.declare(PARTS)
    (tmp_path / "tmp").mkdir()
    made.extra |= {"TMPDIR": str(tmp_path / "tmp"), "CORTEX_DEBUG": "1"}
    return made


def found(project: Project, *args: str) -> tuple[str, Mapping[str, list[str]]]:
    """Run a command that must not fail by itself; return what it shows, and what it and all files have of a value."""
    done = project.run(*args)
    assert done.code in (0, 1, 3), done.err
    assert "Traceback" not in done.err
    files = {str(file): file.read_text(errors="replace") for file in project.folder.rglob("*") if file.is_file()}
    return done.out, leaks(CANARIES, {"output": done.out, "diagnostics": done.err, **files})


@pytest.mark.usefixtures("repeating")
@pytest.mark.parametrize("report", OWN)
def test_no_format_of_the_report_shows_a_value(project: Project, report: str) -> None:
    shown, leaked = found(project, "verify", "test", "--format", report)
    assert leaked == {}
    assert HIDDEN in shown or report == "prometheus", "the server's answer is in the report"


@pytest.mark.usefixtures("repeating")
def test_published_report_has_no_value(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[str] = []
    monkeypatch.setattr(verify, "emit_report", lambda report, *_: published.append(json.dumps(config_map(report))))
    found(project, "verify", "test")
    assert HIDDEN in published[0]
    assert leaks(CANARIES, {"published": published[0]}) == {}


COMMANDS = (
    ("access", "review"),
    ("access", "risks"),
    ("config", "diff"),
    ("discover",),
    ("doctor",),
    ("drift",),
    ("events",),
    ("health",),
    ("mcp", "list"),
    ("mcp", "ping", "test", "time"),
    ("repair", "--dry-run"),
    ("secrets", "describe", "test", "own"),
    ("secrets", "list"),
)


@pytest.mark.usefixtures("repeating")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_shows_a_value_or_leaves_one_in_a_file(project: Project, command: tuple[str, ...]) -> None:
    _, leaked = found(project, *(command if "test" in command else [*command, "test"]))
    assert leaked == {}
    assert [*(project.folder / "tmp").iterdir()] == []
