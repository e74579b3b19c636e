"""`cortex watch`: it repeats, survives a failed round, and ends with the exit code of the last one."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.checks.cli.project import Project, command
from tests.checks.fake_api import FakeApi
from tests.preloaded import Preloaded


@contextmanager
def started(project: Project, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start the command, and end it if it lives on for a minute: whoever waits for a line then gets none."""
    process: Preloaded[str] = Preloaded(
        command(arguments),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
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
    # On a busy machine the check `connection` reports slow answers.
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
        assert any("Z  unknown  Not known to be as declared" in line for line in lines)
        assert "the API server cannot be reached" in next(lines)
        project.connect({"server": api.url}, {"token": "very-secret-token"})
        assert any("Z  pass     As declared: " in line for line in lines)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        assert (process.returncode, err) == (0, "")


def test_watch_ends_when_nobody_reads_on(project: Project) -> None:
    with started(project, "watch", "test", "--every", "1s", "--format", "json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait() == 0
