"""A reader of standard output that leaves early, or a closed standard input, does not change how a command ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import TextIO

import pytest

from checks.streams import open_missing_input
from tests import preloaded
from tests.checks import in_process
from tests.checks.cli.project import Project, command
from tests.checks.fake_api import FakeApi

LINES = [
    *(f"verify test --format {name}" for name in ("text", "json", "prometheus", "junit", "sarif", "markdown", "html")),
    "doctor test",
    "discover test",
    "usage test",
    "explain server.image",
    "schema",
    "--help",
    "verify --help",
    "local --help",
    "--version",
]


@contextmanager
def unread() -> Iterator[TextIO]:
    """Give a stream into a pipe whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as closed:
        yield closed


@pytest.mark.parametrize("line", LINES)
def test_closed_pipe_is_not_a_finding(project: Project, api: FakeApi, line: str) -> None:
    api.world.tells_usage = True
    with unread() as out, TemporaryFile("w+", encoding="utf-8") as err:
        assert in_process.run_into(out, err, line.split(), project.folder, project.environment()) == 0
        assert err.seek(0, os.SEEK_END) == 0


@pytest.mark.parametrize("line", ["verify test", "--help"])
def test_process_with_a_closed_pipe_ends_well(project: Project, line: str) -> None:
    with unread() as out:
        done = preloaded.run(command(line.split()), project.folder, project.environment(), stdout=out)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["text", "json"])
def test_closed_pipe_hides_no_finding(project: Project, api: FakeApi, name: str) -> None:
    api.world.remove("nodes", "", "node-1")
    with unread() as out, TemporaryFile("w+", encoding="utf-8") as err:
        args = ["verify", "test", "--format", name]
        assert in_process.run_into(out, err, args, project.folder, project.environment()) == 1
        assert err.seek(0, os.SEEK_END) == 0


def test_closed_pipe_hides_no_mistake(project: Project) -> None:
    with unread() as both:
        asked = command(["explain", "nothing.such"])
        done = preloaded.run(asked, project.folder, project.environment(), stdout=both, stderr=both)
    assert done.returncode == 2


def test_closed_standard_input_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    open_missing_input()
    with sys.stdin as stream:
        assert stream.read() == ""
