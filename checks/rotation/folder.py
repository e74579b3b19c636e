"""The private folder of a stack's rotations, and the lock that excludes other processes of this account."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from checks import private_files
from checks.errors import UncheckedError
from checks.kubeconfigs import places
from checks.rotation.journal import JournalFile

WAIT_SECONDS = 900.0
"""How long to wait for a Pulumi that a killed command left behind: its own limit for a deployment is shorter."""
_PAUSE_SECONDS = 0.5


def folder(stack: str) -> Path:
    """Return the folder of a stack, which need not exist."""
    return Path(places.state_folder()) / "rotation" / stack


def log_file(stack: str) -> Path:
    """Return the log of what was done to the Secrets of a stack."""
    return folder(stack) / "log.jsonl"


def journal_file(stack: str) -> JournalFile:
    """Return where the journal of a rotation is that has not ended."""
    return JournalFile(folder(stack) / "rotation.json")


def pulumi_log(stack: str) -> Path:
    """Return the file with what the last run of Pulumi said."""
    return folder(stack) / "pulumi.log"


@contextmanager
def exclusive(stack: str, say: Callable[[str], None]) -> Iterator[int]:
    """Exclude others that change Secrets of the stack; yield the handle of the lock.

    The programs that get the handle keep the lock while they run, even if this process is killed. So the next one waits
    until a deployment that was left behind has ended.

    Raises:
        UncheckedError: another command has the lock.
    """
    private_files.close_folder(folder(stack))
    handle = os.open(folder(stack) / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _lock(handle, stack, say)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"process": os.getpid()}).encode(), 0)
        yield handle
    finally:
        os.close(handle)


def _lock(handle: int, stack: str, say: Callable[[str], None]) -> None:
    end, told = time.monotonic() + WAIT_SECONDS, False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(handle)
            if holder is None or _runs(holder) or time.monotonic() > end:
                who = f"process {holder}" if holder else "another process"
                raise UncheckedError(f"{who} changes Secrets of stack {stack}: wait until it has ended") from None
            if not told:
                say("waiting for the Pulumi that a killed command left behind")
                told = True
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _holder(handle: int) -> int | None:
    try:
        return int(json.loads(os.pread(handle, 1000, 0))["process"])
    except (ValueError, KeyError):
        return None


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
