"""The commands `cortex mcp tools`, `call` and `ping`: every ready pod, exit codes, mistakes, JSON by schema."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml
from mcp.server import MCPServer
from mcp.types import ImageContent
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp

from tests.checks.cli.project import Project
from tests.checks.mcp.proxying import Proxy
from tests.checks.mcp.test_probe import losing, old, page, running, server
from tests.checks.mcp.test_replicas import ONE, TWO
from tests.checks.reports import validate
from tests.checks.world import SETTINGS

CLOCK = {**SETTINGS["servers"]["time"], "preset": None, "smoke": None}


@contextmanager
def serving(folder: Path, *pods: ASGIApp, wrapped: Sequence[Any] = ()) -> Iterator[Project]:
    """Give a project whose server `time` has these pods."""
    named = dict(zip((ONE, TWO), pods, strict=False))
    proxy = Proxy({f"pods/{name}": pod for name, pod in named.items()}, listed=[*named], wrapped=list(wrapped))
    with running(proxy.application()) as connection:
        project = Project(folder, connection.host)
        project.declare({**SETTINGS, "servers": {"time": CLOCK}})
        yield project


def modern(mcp: MCPServer | None = None) -> ASGIApp:
    return (mcp or server()).streamable_http_app(stateless_http=True, json_response=True)


def report(out: str) -> dict[str, Any]:
    """Return a JSON report that follows the schema that it names."""
    found: dict[str, Any] = json.loads(out)
    validate(found, found["schema"])
    return found


def test_tools_are_those_of_all_pods(tmp_path: Path) -> None:
    with serving(tmp_path, modern(), modern()) as project:
        out, _ = project.cortex("mcp", "tools", "test", "time", code=0)
        found = report(project.cortex("mcp", "tools", "test", "time", "--format", "json", code=0)[0])
    assert out.splitlines()[1].split() == ["add", "a,", "b", "Add."]
    tool = found["tools"][0]
    assert (tool["name"], tool["pods"]) == ("add", [ONE, TWO])
    assert set(tool["definition"]) == {"description", "inputSchema", "outputSchema"}


def test_pods_that_describe_a_tool_differently_are_named(tmp_path: Path) -> None:
    other = MCPServer("test")

    @other.tool(description="Add, and send the result to somebody.")
    def add(a: int, b: int) -> int:
        return a + b

    with serving(tmp_path, modern(), modern(other)) as project:
        out, _ = project.cortex("mcp", "tools", "test", "time", code=1)
    assert f"\nThe pods differ in add: {ONE}; {TWO}\n" in out
    assert f"\nThe pods differ in says: {ONE}\n" in out


def test_a_pod_without_an_answer_is_shown(tmp_path: Path) -> None:
    with serving(tmp_path, modern(), page(HTMLResponse("<html>"))) as project:
        out, _ = project.cortex("mcp", "tools", "test", "time", code=1)
        pinged = report(project.cortex("mcp", "ping", "test", "time", "--format", "json", code=1)[0])
    assert f"{TWO}  no-mcp" in out
    assert [pod["outcome"] for pod in pinged["pods"]] == ["answered", "no-mcp"]


def test_ping_shows_version_and_server_of_each_pod(tmp_path: Path) -> None:
    app = server().streamable_http_app()
    with serving(tmp_path, modern(), old(app), wrapped=[app]) as project:
        found = report(project.cortex("mcp", "ping", "test", "time", "--format", "json", code=0)[0])
    assert [pod["protocol"] for pod in found["pods"]] == ["2026-07-28", "2025-11-25"]
    assert all(pod["server"].startswith("test ") and pod["latencyMs"] > 0 for pod in found["pods"])


def test_a_server_that_wants_credentials_is_up_but_has_no_tools_to_show(tmp_path: Path) -> None:
    with serving(tmp_path, page(PlainTextResponse("no", 401))) as project:
        out, _ = project.cortex("mcp", "ping", "test", "time", code=0)
        assert f"{ONE}  gated" in out
        project.cortex("mcp", "tools", "test", "time", code=3)
        out, _ = project.cortex("mcp", "call", "test", "time", "add", code=3)
    assert out == f"{ONE}: gated: the server runs, but requires credentials (HTTP 401)\n"


def test_call_shows_the_texts_of_the_result(tmp_path: Path) -> None:
    with serving(tmp_path, modern(), modern()) as project:
        out, _ = project.cortex(
            "mcp", "call", "test", "time", "says", "--arguments", '{"text": "a\\n\\u001b[31mb"}', code=0
        )
        given = ("mcp", "call", "test", "time", "add", "--arguments", '{"a": 1, "b": 2}', "--format", "json")
        found = report(project.cortex(*given, code=0)[0])
    assert out == "a\n [31mb\n"
    assert (found["pod"], found["result"]["structuredContent"], found["error"]) == (ONE, {"result": 3}, None)


def test_call_shows_what_is_not_a_text_in_one_line(tmp_path: Path) -> None:
    pictures = MCPServer("test")

    @pictures.tool()
    def picture() -> ImageContent:
        """Draw."""
        return ImageContent(type="image", data="aGk=", mime_type="image/png")

    with serving(tmp_path, modern(pictures)) as project:
        assert project.cortex("mcp", "call", "test", "time", "picture", code=0)[0] == "[image: image/png]\n"


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("broken",), 1, ""),
        (("add", "--arguments", '{"a": "x"}'), 1, ""),
        (("ad",), 2, "the MCP server time has no tool 'ad': did you mean 'add'?"),
        (("add", "--arguments", "[1]"), 2, "--arguments: not a JSON object (Expected `object`, got `array`)"),
        (("add", "--arguments", "{"), 2, "--arguments: not a JSON object (Input data was truncated)"),
        (("add", "--timeout", "soon"), 2, "--timeout"),
    ],
    ids=["error", "arguments", "tool", "no object", "no JSON", "timeout"],
)
def test_a_call_that_fails(tmp_path: Path, given: tuple[str, ...], code: int, message: str) -> None:
    with serving(tmp_path, modern(), modern()) as project:
        _, err = project.cortex("mcp", "call", "test", "time", *given, code=code)
    assert message in err


def test_a_call_ends_at_its_timeout(tmp_path: Path) -> None:
    slow = MCPServer("test")

    @slow.tool()
    async def wait() -> str:
        """Wait."""
        await anyio.sleep(30)
        return "late"

    with serving(tmp_path, modern(slow)) as project:
        out, _ = project.cortex("mcp", "call", "test", "time", "wait", "--timeout", "2s", code=1)
    assert out == f"{ONE}: timeout: no complete answer within 2 s; the tool may have run\n"


@pytest.mark.parametrize("command", ["tools", "ping"])
def test_what_cannot_be_asked(tmp_path: Path, command: str) -> None:
    with serving(tmp_path) as project:
        _, err = project.cortex("mcp", command, "test", "tim", code=2)
        assert err == "cortex: the stack test declares no MCP server 'tim': did you mean 'time'?\n"
        _, err = project.cortex("mcp", command, "test", "time", code=3)
    assert err == "cortex: no pod of cortex-mcp/time-mcp-server is ready: `cortex health test` shows why\n"


def test_an_answer_that_got_lost_is_asked_for_once_more_but_no_call_is(tmp_path: Path) -> None:
    pod = modern()
    with serving(tmp_path, losing(pod, "tools/list", 1), wrapped=[pod]) as project:
        out, _ = project.cortex("mcp", "tools", "test", "time", code=0)
    assert out.splitlines()[1].split() == ["add", "a,", "b", "Add."]
    pod = modern()
    with serving(tmp_path, losing(pod, "tools/call", 1), wrapped=[pod]) as project:
        out, _ = project.cortex("mcp", "call", "test", "time", "says", "--arguments", '{"text": "a"}', code=1)
    assert out == f"{ONE}: no-mcp: SSE stream ended without a response; the tool may have run\n"


def locking(project: Project, setting: str = "tools.yaml") -> None:
    project.declare({**SETTINGS, "servers": {"time": CLOCK}, "toolLock": setting})


def test_lock_writes_what_the_pods_say(tmp_path: Path) -> None:
    with serving(tmp_path, modern(), modern()) as project:
        locking(project)
        out, _ = project.cortex("mcp", "lock", "test", code=0)
        written = (tmp_path / "tools.yaml").read_text()
        again, _ = project.cortex("mcp", "lock", "test", "time", code=0)
        found = report(project.cortex("mcp", "lock", "test", "--format", "json", code=0)[0])
    assert out == "time: 3 tools, changed: add, broken, says\ntools.yaml is written: review it, and commit it.\n"
    assert again.startswith("time: 3 tools, as before\n")
    assert (tmp_path / "tools.yaml").read_text() == written
    assert yaml.safe_load(written)["time"]["add"]["description"] == "Add."
    assert found["servers"] == [{"type": "time", "state": "locked", "tools": ["add", "broken", "says"], "changed": []}]


def test_lock_of_one_server_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / "tools.yaml").write_text("other:\n  tool: {description: Kept.}\n")
    with serving(tmp_path, modern()) as project:
        locking(project)
        project.cortex("mcp", "lock", "test", "time", code=0)
    assert set(yaml.safe_load((tmp_path / "tools.yaml").read_text())) == {"other", "time"}


@pytest.mark.parametrize(
    ("pods", "code", "message"),
    [
        ((modern(), page(HTMLResponse("<html>"))), 3, f"nothing was written: pod cortex-mcp/{TWO}: "),
        (
            (modern(), modern(MCPServer("other"))),
            3,
            "the pods of cortex-mcp/time-mcp-server differ",
        ),
        ((), 3, "no pod of cortex-mcp/time-mcp-server is ready"),
    ],
    ids=["no answer", "differ", "none"],
)
def test_lock_writes_nothing_without_one_answer(
    tmp_path: Path, pods: tuple[ASGIApp, ...], code: int, message: str
) -> None:
    (tmp_path / "tools.yaml").write_text("time: {}\n")
    with serving(tmp_path, *pods) as project:
        locking(project)
        _, err = project.cortex("mcp", "lock", "test", code=code)
    assert message in err
    assert (tmp_path / "tools.yaml").read_text() == "time: {}\n"


def test_lock_keeps_the_entry_of_a_server_that_wants_credentials(tmp_path: Path) -> None:
    (tmp_path / "tools.yaml").write_text("time:\n  add: {description: Kept.}\n")
    with serving(tmp_path, page(PlainTextResponse("no", 401))) as project:
        locking(project)
        out, _ = project.cortex("mcp", "lock", "test", code=0)
    assert out.startswith("time: not locked: it wants credentials")
    assert yaml.safe_load((tmp_path / "tools.yaml").read_text()) == {"time": {"add": {"description": "Kept."}}}


def test_lock_needs_a_file_in_the_stack(tmp_path: Path) -> None:
    with serving(tmp_path, modern()) as project:
        _, err = project.cortex("mcp", "lock", "test", code=2)
    assert err.endswith("cortex:toolLock: must be a file relative to the project, such as mcp-tools.test.yaml\n")
