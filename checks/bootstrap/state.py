"""The folder of a plan: its journal, its lock, the encrypted secrets of the cluster, and the kubeconfig."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_state_path

from checks.errors import UncheckedError, UsageError
from checks.private_folder import MEMORY, private_folder


class State:
    """The files of one cluster in the user's state folder."""

    def __init__(self, cluster: str) -> None:
        self.folder = user_state_path("cortex") / "talos" / cluster
        self.journal = self.folder / "journal.jsonl"
        self.secrets = self.folder / "secrets.age"
        self.kubeconfig = self.folder / "kubeconfig"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Exclude other runs; the kernel releases the lock when the process ends, however it ends.

        Raises:
            UncheckedError: another run has the lock.
            UsageError: the folder cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(f"cannot write {self.folder}: {error.strerror}: set XDG_STATE_HOME to another") from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(handle, 32).decode() or "another process"
                raise UncheckedError(
                    f"process {holder} works on cluster {self.folder.name}: wait for it, or end it first"
                ) from None
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(handle)


@contextmanager
def in_memory() -> Iterator[Path]:
    """Yield a private folder in memory: secrets in it never reach the disk.

    Raises:
        UncheckedError: this machine has none.
    """
    if not MEMORY.is_dir():
        raise UncheckedError(f"secrets need a folder in memory, and there is no {MEMORY}: run this on Linux")
    with private_folder() as folder:
        yield folder
