"""A command that is killed or interrupted as it replaces a file keeps the old one; the next run leaves nothing else."""

import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from checks.kubeconfigs import encryption
from tests.checks.cli.project import Project, command
from tests.checks.kubeconfigs.certificates import kubeconfig, written
from tests.checks.mcp.test_commands import locking, modern, serving
from tests.checks.mcp.test_probe import hung
from tests.preloaded import Preloaded

STORE = Path(".local") / "state" / "cortex" / "kubeconfig"
LOCK = "other:\n  tool: {description: Kept.}\n"
WRITING = {
    "mcp lock test time": "tools.yaml",
    "kubeconfig unseal test": str(STORE / "test.yaml"),
    "kubeconfig export test --sealed --output backup": "backup",
}
"""Commands, and the file that each replaces."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Project]:
    """A stack with a lock of tools, a stored kubeconfig and a backup."""
    with serving(tmp_path, modern()) as project:
        locking(project)
        (tmp_path / "tools.yaml").write_text(LOCK)
        project.cortex("kubeconfig", "import", str(written(tmp_path / "source", kubeconfig())), "test", code=0)
        project.cortex("kubeconfig", "export", "test", "--sealed", "--output", "backup", code=0)
        yield project


def dying(project: Project, line: str, number: signal.Signals, name: str) -> subprocess.CompletedProcess[str]:
    return project.dying(*line.split(), DIES=f"{number.name}:{name}")


def contents(folder: Path) -> Mapping[str, bytes]:
    """Return the files of a folder but locks of processes."""
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file() and not one.name.endswith(".lock")}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
@pytest.mark.parametrize("line", WRITING)
def test_the_old_file_is_kept_and_the_next_run_leaves_one(stack: Project, line: str, number: signal.Signals) -> None:
    file = stack.folder / WRITING[line]
    before = contents(file.parent)
    done = dying(stack, line, number, file.name)
    assert done.returncode == (-number if number == signal.SIGKILL else 130), done.stderr
    after = contents(file.parent)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + (number == signal.SIGKILL)
    stack.run(*line.split())
    again = contents(file.parent)
    assert again.keys() == before.keys()
    assert again[file.name] != before[file.name]


def test_a_killed_first_import_leaves_no_key(project: Project) -> None:
    source = written(project.folder / "source", kubeconfig())
    line = f"kubeconfig import {source} test"
    assert dying(project, line, signal.SIGKILL, "identity.txt").returncode == -signal.SIGKILL
    assert not [*(project.folder / STORE).glob("*.yaml")]
    project.cortex(*line.split(), code=0)
    keys = project.folder / ".config" / "cortex" / "age"
    assert [*contents(keys)] == [encryption.default_file().name]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_mcp_lock_that_ends_while_it_asks_writes_nothing(tmp_path: Path, number: signal.Signals) -> None:
    asked = threading.Event()
    (tmp_path / "tools.yaml").write_text(LOCK)
    pod = hung()

    async def noted(scope: object, receive: object, send: object) -> None:
        asked.set()
        await pod(scope, receive, send)  # type: ignore[arg-type]

    with serving(tmp_path, noted, wrapped=[pod]) as project:
        locking(project)
        process: Preloaded[bytes] = Preloaded(
            command(["mcp", "lock", "test"]), cwd=tmp_path, env=project.environment(), stderr=subprocess.PIPE
        )
        assert asked.wait(30)
        before = contents(tmp_path)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130 if number == signal.SIGINT else -number, b"")
    assert contents(tmp_path) == before
    assert yaml.safe_load(before["tools.yaml"]) == yaml.safe_load(LOCK)


def test_a_full_disk_keeps_the_old_lock(stack: Project) -> None:
    before = contents(stack.folder)
    done = stack.with_small_files(100, "mcp", "lock", "test")
    told = f"cortex: cannot write {stack.folder / 'tools.yaml'}: File too large: what it was before is kept: "
    assert (done.returncode, done.stderr) == (2, f"{told}choose another file\n")
    assert contents(stack.folder) == before
