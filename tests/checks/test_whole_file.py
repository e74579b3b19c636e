"""A file is replaced as a whole or not at all, and what a killed writer left is deleted by the next one."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from checks.whole_file import replacing
from tests.conftest import ROOT

KILLED = """
import os, signal, sys
from pathlib import Path
from checks.whole_file import replacing
os.umask(0o777)
with replacing(Path(sys.argv[1]), 0o600) as new:
    new.write(b"half")
    new.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a file"
    file.write_bytes(b"old")
    return file


def write(file: Path, content: bytes) -> None:
    with replacing(file, 0o640) as new:
        new.write(content)


def fail(new: BinaryIO, error: type[BaseException]) -> None:
    new.write(b"half")
    raise error


def names(file: Path) -> list[str]:
    return sorted(one.name for one in file.parent.iterdir())


def test_what_a_killed_writer_left_is_deleted_by_the_next_one(file: Path) -> None:
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", KILLED, str(file)], cwd=ROOT, check=False)
        assert done.returncode == -signal.SIGKILL
    assert file.read_bytes() == b"old"
    assert len(names(file)) == 2, "the second one has deleted what the first one left"
    other = file.with_name("other")
    write(other, b"new")
    assert len(names(file)) == 3, "they are not of this file"
    write(file, b"new")
    assert names(file) == ["a file", "other"]
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_writer_that_is_at_work_is_left_alone(file: Path) -> None:
    with replacing(file, 0o600) as first:
        first.write(b"first")
        write(file, b"second")
        assert file.read_bytes() == b"second"
    assert (file.read_bytes(), names(file)) == (b"first", ["a file"])


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_error_keeps_the_old_file(file: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), replacing(file, 0o600) as new:
        fail(new, error)
    assert (file.read_bytes(), names(file)) == (b"old", ["a file"])
