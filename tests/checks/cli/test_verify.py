"""`cortex verify` and `cortex watch`: formats, selections, suppressions, repetition."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.checks.cli.test_main import LIGHT, Project, command
from tests.checks.fake_api import FakeApi, serve
from tests.checks.world import World, declared


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}, configMaps={}))) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path, api: FakeApi) -> Project:
    return Project(tmp_path, api.url)


def test_formats_for_other_tools(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    out, _ = project.cortex("verify", "test", "--format", "junit", code=1)
    assert ElementTree.fromstring(out).get("failures") == "1"
    out, _ = project.cortex("verify", "test", "--format", "sarif", code=1)
    (result,) = json.loads(out)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], result["ruleId"]) == ("Pulumi.test.yaml", "node.count")
    line = (project.folder / "Pulumi.test.yaml").read_text().splitlines()[place["region"]["startLine"] - 1]
    assert line == "  cortex:cluster:"
    out, _ = project.cortex("verify", "test", "--format", "markdown", code=1)
    assert out.startswith("### ❌ `cortex verify test`\n")
    out, _ = project.cortex("verify", "test", "--format", "html", code=1)
    assert out.startswith("<!doctype html>\n")


def test_selection(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    arguments = ["--only", "namespaces,declaration", "--only", "namespaces", "--namespace", "cortex-mcp"]
    out, _ = project.cortex("verify", "test", *arguments, "--severity", "error", code=0)
    lines = out.splitlines()
    assert lines[1] == "only checks namespaces, declaration; only namespaces cortex-mcp; only errors"
    assert [line.split("  ")[0] for line in lines[4:-2]] == ["Namespaces, quotas, limits"]


def test_suppression_in_the_stack_file(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    entry = "{code: node.count, reason: being repaired, until: '9999-12-31'}"
    with (project.folder / "Pulumi.test.yaml").open("a") as file:
        file.write(f"  cortex:suppressions: [{entry}]\n")
    # The cluster has the declaration without it, which is a drift of its own.
    out, _ = project.cortex("verify", "test", code=1)
    assert "Suppressed\n  error node.count  Cluster test: the cluster has 1 nodes, not 2" in out
    assert "declaration.differs  the cluster runs another declaration: it differs in suppressions" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "test", "--only", "server"], "--only: 'server' is not a check: choose from connection, "),
        (["verify", "test", "--namespace", "default"], "--namespace: 'default' is not a declared namespace"),
        (["verify", "--in-cluster", "--publish", "--only", "mcp"], "--publish needs the whole result"),
        (["verify", "test", "--deploying"], "--deploying needs --in-cluster"),
        (["verify", "test", "--every", "5s"], "--every needs --watch"),
        (["verify", "test", "--watch", "--format", "html"], "--watch writes to standard output, as text or JSON"),
        (["verify", "test", "--watch", "--output", "x"], "--watch writes to standard output, as text or JSON"),
        (["verify", "test", "--watch", "--every", "soon"], "--every: 'soon' is no duration"),
        (["watch", "nosuch"], "no stack 'nosuch'"),
        (["watch", "test", "--every", "0"], "--every: '0' is no duration"),
    ],
)
def test_mistakes_are_one_sentence(project: Project, arguments: list[str], sentence: str) -> None:
    out, err = project.cortex(*arguments, code=2)
    assert out == ""
    assert err.startswith(f"cortex: {sentence}")
    assert err.count("\n") == 1


def test_suppression_of_an_unknown_code(project: Project) -> None:
    entry = {"code": "server.imag", "reason": "mistyped", "until": "9999-12-31"}
    project.declare({**LIGHT, "suppressions": [entry]})
    out, err = project.cortex("verify", "test", code=2)
    assert out == ""
    place = "cortex: Pulumi.test.yaml: cortex:suppressions.0.code"
    assert err.startswith(f"{place}: no finding has the code 'server.imag': did you mean server.image")
    assert err.count("\n") == 1


@contextmanager
def started(project: Project, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start the command, and end it if it lives on for a minute: whoever waits for a line then gets none."""
    process = subprocess.Popen(
        command(arguments),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # As in test_cli: whoever starts the tests may have them ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = threading.Timer(60, process.kill)
    deadline.start()
    try:
        with process:
            yield process
    finally:
        deadline.cancel()


@pytest.mark.parametrize("name", [["watch", "test"], ["verify", "test", "--watch"]])
def test_watch_ends_with_the_code_of_the_last_round(project: Project, api: FakeApi, name: list[str]) -> None:
    # A busy machine is slow to answer, which another row says.
    with started(project, *name, "--every", "1s", "--format", "json", "--only", "namespaces") as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert (first["round"], first["status"], first["appeared"]) == (1, "pass", [])
        api.world.one("resourcequotas", "cortex-mcp")["spec"]["hard"]["pods"] = "7"
        while not (later := json.loads(process.stdout.readline()))["appeared"]:
            pass
        assert [finding["code"] for finding in later["appeared"]] == ["quota.hard"]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        assert (process.returncode, err) == (1, "")


def test_watch_survives_a_server_that_is_gone(project: Project, api: FakeApi) -> None:
    with started(project, "watch", "test", "--every", "1s") as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert next(lines).startswith("cortex verify test  context test"), "the first round is the whole report"
        assert any(line.startswith("As declared") for line in lines)
        project.connect({"server": "http://127.0.0.1:1"}, {})
        assert any("Z  unknown   Not known to be as declared" in line for line in lines)
        assert "the API server cannot be reached" in next(lines)
        project.connect({"server": api.url}, {"token": "very-secret-token"})
        assert any("Z  ok        As declared: " in line for line in lines)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        assert (process.returncode, err) == (0, "")


def test_watch_ends_when_nobody_reads_on(project: Project) -> None:
    with started(project, "watch", "test", "--every", "1s", "--format", "json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait() == 0
