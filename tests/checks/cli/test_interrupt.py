"""Ctrl-C, once or twice: no command shows a traceback."""

import signal
import subprocess
import sys
import threading
from unittest.mock import Mock

import anyio
import pytest
from anyio.abc import ByteStream

from checks.cli import main as cli
from tests.checks.cli.project import Project, command
from tests.checks.fake_api import Answer, FakeApi
from tests.checks.mcp.socket_server import listening
from tests.checks.world import SETTINGS
from tests.conftest import ROOT
from tests.preloaded import Preloaded


def started(project: Project, *args: str) -> subprocess.Popen[bytes]:
    return Preloaded(
        command(args),
        cwd=project.folder,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("name", ["verify", "repair", "health", "doctor", "watch"])
def test_two_interrupts_are_clean(project: Project, api: FakeApi, name: str) -> None:
    reached = threading.Event()
    api.on_request = lambda path: reached.set()
    api.faults["/version"] = [Answer(hang=True)]
    options = ["--dry-run"] if name == "repair" else []
    process = started(project, name, "test", *options)
    assert reached.wait(30)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert not err, err.decode()
    assert (process.returncode, out) == (130, b"")


@pytest.mark.parametrize(
    "line",
    [
        *("usage test", "discover test", "metrics test", "events test"),
        *("namespaces test", "network test", "drift test"),
        *("access list test", "access who-can test get pods", "access risks test", "access review test"),
        *("mcp list test", "mcp tools test time", "mcp ping test time", "mcp call test time add"),
        *("secrets list test", "secrets describe test one", "secrets delete test two --yes", "secrets history test"),
        *("secrets set test one key --file value", "secrets rotate test one --file value"),
        *("config list test", "config get test motd", "config diff test", "config watch test"),
        *("kubeconfig make test", "events test --follow", "talos status test"),
    ],
)
def test_one_interrupt_ends_each_command(project: Project, line: str) -> None:
    reached = threading.Event()

    async def silent(stream: ByteStream) -> None:
        reached.set()
        await anyio.sleep_forever()

    secret = {"namespace": "cortex-mcp", "generated": "key", "rotation": {"every": "90d"}}
    project.declare({**SETTINGS, "secrets": {"one": secret}, "rotator": {"image": "registry.test/cortex:1"}})
    (project.folder / "value").write_text("new")
    with listening(silent) as port:
        project.connect({"server": f"http://127.0.0.1:{port}"}, {"token": "very-secret-token"})
        process = started(project, *line.split())
        assert reached.wait(30), process.communicate()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err


MOTD = "/api/v1/namespaces/cortex-mcp/configmaps/motd"
TOLD = (
    b"cortex: interrupted while it was written, as a whole or not at all: `cortex config get test motd text "
    b"-n cortex-mcp` shows it\n"
)


@pytest.mark.parametrize(
    ("path", "number", "code", "told"),
    [
        (MOTD.rpartition("/")[0], signal.SIGINT, 130, b""),
        (MOTD, signal.SIGINT, 130, TOLD),
        (MOTD, signal.SIGKILL, -signal.SIGKILL, b""),
    ],
    ids=["interrupted before", "interrupted while it is written", "killed while it is written"],
)
def test_an_interrupted_config_set_is_repeated(
    project: Project, api: FakeApi, path: str, number: int, code: int, told: bytes
) -> None:
    meta = {"name": "motd", "namespace": "cortex-mcp", "uid": "u", "resourceVersion": "7"}
    api.world.objects.setdefault(("configmaps", "cortex-mcp"), []).append({"metadata": meta, "data": {"text": "old"}})
    reached = threading.Event()
    api.on_request = api.on_write = lambda asked: reached.set() if asked == path else None
    api.faults[path] = [Answer(hang=True)]
    (project.folder / "value").write_text("new")
    args = ["config", "set", "test", "motd", "text", "--file", "value", "--yes"]
    process = started(project, *args)
    assert reached.wait(30)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (code, told)
    assert not api.patched
    api.faults.clear()
    _, after = project.cortex(*args, code=0)
    assert after == "cortex: text of ConfigMap cortex-mcp/motd was set\n"


def interrupted() -> RuntimeError:
    """Give an error that was raised while an interrupt was handled."""
    try:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise RuntimeError("the event loop is closed")  # noqa: B904 - as asyncio does
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    "error",
    [
        KeyboardInterrupt(),
        BaseExceptionGroup("", [ValueError(), BaseExceptionGroup("", [KeyboardInterrupt()])]),
        interrupted(),
    ],
    ids=["alone", "in a task group", "as the context"],
)
def test_an_interrupt_is_no_internal_error(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(cli, "app", Mock(side_effect=error))
    assert cli._run() == 130


LEFT = """
from checks.cli.main import ignore_interrupted_exits
class Lock:
    async def __aexit__(self): pass
    async def other(self): pass
ignore_interrupted_exits()
Lock().{method}()
"""


@pytest.mark.parametrize(("method", "warned"), [("__aexit__", False), ("other", True)])
def test_only_an_exit_that_an_interrupt_left_gives_no_warning(method: str, warned: bool) -> None:
    program = [sys.executable, "-W", "error", "-c", LEFT.format(method=method)]
    done = subprocess.run(program, capture_output=True, text=True, check=True, cwd=ROOT)
    assert ("was never awaited" in done.stderr) is warned
