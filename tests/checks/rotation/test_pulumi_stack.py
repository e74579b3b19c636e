"""Pulumi as a program: the value goes through a pipe, the lock stays with it, and its errors are one sentence."""

import os
import signal
import subprocess
import time
from pathlib import Path

import anyio
import pytest

from checks.errors import UncheckedError, UsageError
from checks.rotation.pulumi_stack import DeploymentFailedError, PulumiStack
from tests.checks.cli.project import ROOT, command

PROGRAM = """#!/bin/sh
echo "$@" >> {folder}/arguments
{body}
"""
FILE = """# A comment.
config:
  secrets:key:
    secure: v1:old/text==
  secrets:other:
    secure: v1:other==
encryptionsalt: v1:salt
"""
PATIENCE_SECONDS = 60.0


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PulumiStack:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "Pulumi.test.yaml").write_text(FILE)
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    return PulumiStack("test", tmp_path, tmp_path / "pulumi.log", lock)


def says(folder: Path, body: str) -> None:
    """Make a Pulumi that does this."""
    program = folder / "pulumi"
    program.write_text(PROGRAM.format(folder=folder, body=body))
    program.chmod(0o755)


def test_a_value_is_no_argument_and_keeps_its_line_ends(stack: PulumiStack, tmp_path: Path) -> None:
    says(tmp_path, f"cat > {tmp_path}/given")
    anyio.run(stack.set_secret, "a.b", "very-secret\n")
    assert (tmp_path / "given").read_text() == "very-secret\n\n"
    assert (tmp_path / "arguments").read_text() == "config set --secret secrets:a.b --stack test\n"


def test_the_encrypted_text_is_read_and_put_back(stack: PulumiStack) -> None:
    assert stack.sealed("key") == "v1:old/text=="
    assert stack.sealed("missing") is None
    stack.file.write_text(FILE.replace("v1:old/text==", "v1:new=="))
    stack.file.chmod(0o640)
    stack.restore("key", "v1:old/text==")
    assert stack.file.read_text() == FILE
    assert stack.file.stat().st_mode & 0o777 == 0o640


def test_a_text_that_is_not_there_alone_is_not_replaced(stack: PulumiStack) -> None:
    stack.file.write_text(FILE.replace("v1:old/text==", "v1:other=="))
    with pytest.raises(UncheckedError, match="restore the file from version control"):
        stack.restore("key", "v1:old/text==")


@pytest.mark.parametrize(
    ("said", "error", "shown"),
    [
        ("error: 1 error occurred:\n    * the pods are not ready\nerror: update failed", DeploymentFailedError, "pods"),
        ("error: the stack is currently locked by 1 lock(s)", UncheckedError, "pulumi cancel --stack test"),
        ("nothing else", DeploymentFailedError, "nothing else"),
        ("", DeploymentFailedError, "it said nothing"),
    ],
    ids=["reason", "locked", "other", "silent"],
)
def test_a_failure_is_one_sentence(
    stack: PulumiStack, tmp_path: Path, said: str, error: type[Exception], shown: str
) -> None:
    says(tmp_path, f"cat <<'END'\n{said}\nEND\nexit 1")
    with pytest.raises(error, match=shown) as raised:
        anyio.run(stack.up)
    assert type(raised.value) is error


def test_a_stack_with_other_changes_is_not_rotated(stack: PulumiStack, tmp_path: Path) -> None:
    says(tmp_path, "echo 'error: no changes were expected but changes were proposed'; exit 1")
    with pytest.raises(UsageError, match="a rotation deploys nothing else"):
        anyio.run(stack.require_deployed)


def test_a_timeout_interrupts_pulumi(stack: PulumiStack, tmp_path: Path) -> None:
    # A command that ended in this process has left it ignored, and the shell could not trap it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    says(tmp_path, f"trap 'echo stopped >> {tmp_path}/arguments; exit 1' INT\ntouch {tmp_path}/began\nsleep 60 & wait")

    async def up() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(stack.up)
            while not (tmp_path / "began").exists():
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()

    anyio.run(up)
    assert (tmp_path / "arguments").read_text().endswith("stopped\n")


@pytest.fixture
def project(tmp_path: Path, stack: PulumiStack) -> tuple[Path, dict[str, str]]:
    """A project of which `cortex secrets set` runs as a process."""
    (tmp_path / "Pulumi.yaml").write_text("name: test\n")
    settings = """
  cortex:cluster: {context: test, environment: local}
  cortex:namespaces:
    cortex-system: {component: system, description: The system}
  cortex:secrets:
    creds: {namespace: cortex-system, keys: {token: {pulumi: key}}}
"""
    stack.file.write_text(FILE.replace("config:\n", f"config:{settings}", 1))
    state = {"XDG_STATE_HOME": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
    return tmp_path, {**os.environ, **state}


def begin(project: tuple[Path, dict[str, str]]) -> subprocess.Popen[str]:
    folder, env = project
    asked = command(["secrets", "set", "test", "creds", "token", "--generate", "20"])
    return subprocess.Popen(asked, cwd=folder, env=env, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)


@pytest.mark.live
def test_the_next_command_waits_for_a_pulumi_that_a_killed_one_left_behind(
    project: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    says(tmp_path, f"touch {tmp_path}/began\nuntil [ -e {tmp_path}/go ]; do sleep 0.05; done; cat > /dev/null")
    first = begin(project)
    _wait_for(tmp_path / "began")
    second = begin(project)
    _, refused = second.communicate(timeout=PATIENCE_SECONDS)
    assert (second.returncode, f"process {first.pid} changes Secrets of stack test" in refused) == (3, True), refused
    first.send_signal(signal.SIGKILL)
    first.communicate()
    third = begin(project)
    assert third.stderr
    assert third.stderr.readline() == "cortex: waiting for the Pulumi that a killed command left behind\n"
    assert (tmp_path / "arguments").read_text().count("config set") == 1
    (tmp_path / "go").touch()
    _, said = third.communicate(timeout=PATIENCE_SECONDS)
    assert (third.returncode, "is set in Pulumi.test.yaml" in said) == (0, True), said
    assert (tmp_path / "arguments").read_text().count("config set") == 2


def _wait_for(file: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not file.exists():
        assert time.monotonic() < end, f"{file} does not appear"
        time.sleep(0.02)
