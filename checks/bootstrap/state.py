"""The folder of a plan: its journal, its lock, and the encrypted secrets of the cluster."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from platformdirs import user_state_path

from checks import private_files
from checks.errors import UncheckedError
from checks.private_folder import MEMORY, private_folder


class State:
    """The files of one cluster in the user's state folder."""

    def __init__(self, cluster: str) -> None:
        self.folder = user_state_path("cortex") / "talos" / cluster
        self.journal = self.folder / "journal.jsonl"
        self.secrets = self.folder / "secrets.age"

    def locked(self) -> AbstractContextManager[None]:
        """Exclude other runs.

        Raises:
            UncheckedError: another run has the lock.
            UsageError: the folder cannot be written.
        """
        return private_files.locked(self.folder / "lock", f"cluster {self.folder.name}")


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
