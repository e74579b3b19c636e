"""Private folders: what a killed process left there is deleted, and nothing that is in use."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from checks import private_folder as module
from checks.private_folder import private_folder

USER = """
import sys, time
from pathlib import Path
from checks import private_folder as module
module.MEMORY = Path(sys.argv[1])
with module.private_folder() as folder:
    (folder / "secret").write_text("x")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "MEMORY", tmp_path)
    return tmp_path


def test_only_its_owner_can_enter_it_and_it_is_gone_afterwards(memory: Path) -> None:
    with private_folder() as folder:
        assert folder.parent == memory
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(memory.iterdir()) == []


def test_what_a_killed_process_left_is_deleted_by_the_next_one_and_what_is_in_use_is_kept(memory: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", USER, memory], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        used = Path(process.stdout.readline().strip())
        os.utime(used, (0, 0))
        with private_folder():
            assert (used / "secret").exists()
        process.send_signal(signal.SIGKILL)
    with private_folder():
        assert not used.exists()


def test_a_new_folder_that_is_not_locked_yet_is_kept(memory: Path) -> None:
    made = memory / f"{module._PREFIX}new"
    made.mkdir()
    with private_folder():
        assert made.exists()
    os.utime(made, (0, 0))
    with private_folder():
        assert not made.exists()
