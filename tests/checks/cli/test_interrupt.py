"""Ctrl-C, once or twice: no command shows a traceback."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from checks.cli import main as cli
from tests.checks.cli.test_main import Project, command
from tests.checks.fake_api import Answer, FakeApi, serve
from tests.checks.world import World, declared


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}, configMaps={}))) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path, api: FakeApi) -> Project:
    return Project(tmp_path, api.url)


@pytest.mark.parametrize("name", ["verify", "repair", "health", "doctor", "watch"])
def test_two_interrupts_are_clean(project: Project, api: FakeApi, name: str) -> None:
    reached = threading.Event()
    api.on_request = lambda path: reached.set()
    api.faults["/version"] = [Answer(hang=True)]
    options = ["--dry-run"] if name == "repair" else []
    process = subprocess.Popen(
        command([name, "test", *options]),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell that starts the tests in the background has them, and so the command, ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert reached.wait(30)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), BaseExceptionGroup("", [ValueError(), BaseExceptionGroup("", [KeyboardInterrupt()])])],
    ids=["alone", "in a task group"],
)
def test_an_interrupt_is_no_internal_error(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(cli, "app", Mock(side_effect=error))
    assert cli._run() == 130
