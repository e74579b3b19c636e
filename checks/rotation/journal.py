"""The journal of a rotation that has not ended: what is done, and how the old value comes back. It holds no values.

It is a file of the person who rotates, or, for the rotator in the cluster, in a Secret there.

The old value is not copied onto the disk as plain text. Of a Pulumi secret the journal has the encrypted text of the
stack file; the old value of a live Secret is in a second Secret beside it, with the same access.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec

from checks import private_files
from checks.errors import UncheckedError, UsageError
from checks.rotation.log import PodProof
from checks.whole_file import sync


class Stage(StrEnum):
    """What is done so far, in this order; REVERTING replaces the rest after a failure."""

    BEGUN = "begun"
    CREATED = "created"
    """The hook --before has ended."""
    KEPT = "kept"
    """The old value can come back."""
    WRITTEN = "written"
    """The new value is in its place."""
    PROVEN = "proven"
    """All pods run with it."""
    RECORDED = "recorded"
    """The log and the events have it."""
    REVERTING = "reverting"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A rotation so far."""

    id: str
    stack: str
    namespace: str
    name: str
    key: str
    begun: str
    stage: Stage = Stage.BEGUN
    kept: str = ""
    """What brings the old value back."""
    marks: dict[str, str] = {}
    """Reader → its old mark of a restart."""
    reason: str = ""
    """Why it is reverted."""
    pods: tuple[PodProof, ...] = ()


class Storage(Protocol):
    """Where a journal is."""

    @property
    def title(self) -> str:
        """Return what messages call the place."""

    async def read(self) -> bytes:
        """Return the journal; nothing without one."""

    async def write(self, content: bytes) -> None:
        """Write the journal; return when it would survive a crash."""

    async def remove(self) -> None:
        """Remove the journal."""


@dataclass(frozen=True)
class JournalFile:
    """A private file."""

    file: Path

    @property
    def title(self) -> str:
        """Return its path."""
        return str(self.file)

    async def read(self) -> bytes:
        """Return its content; nothing if it does not exist."""
        return private_files.read(self.file, "the journal") if self.file.exists() else b""

    async def write(self, content: bytes) -> None:
        """Replace it; return when it is on the disk."""
        private_files.replace(self.file, content)

    async def remove(self) -> None:
        """Delete it."""
        self.file.unlink(missing_ok=True)
        sync(self.file.parent)


class Journal:
    """The state of a rotation, which is stored before the next thing is done."""

    def __init__(self, storage: Storage, state: State) -> None:
        self._storage, self.state = storage, state

    async def set(self, **changes: object) -> None:
        """Change the state; return when it is stored."""
        self.state = msgspec.structs.replace(self.state, **changes)
        await self._storage.write(msgspec.json.encode(self.state))

    async def close(self) -> None:
        """Remove it: the rotation has ended."""
        await self._storage.remove()


async def resumed(storage: Storage) -> Journal | None:
    """Return the journal of a rotation that has not ended; None without one.

    Raises:
        UncheckedError: what is stored is not a journal.
    """
    content = await storage.read()
    try:
        return Journal(storage, msgspec.json.decode(content, type=State)) if content else None
    except msgspec.MsgspecError as error:
        raise UncheckedError(
            f"{storage.title} is not a journal of a rotation: move it away, and look at the Secret"
        ) from error


def require_same(state: State, namespace: str, name: str, key: str) -> None:
    """Check that a rotation that has not ended is the one that is asked for.

    Raises:
        UsageError: it is of another Secret, or of another key.
    """
    if (state.namespace, state.name, state.key) != (namespace, name, key):
        raise UsageError(
            f"the rotation of {state.key} of Secret {state.namespace}/{state.name} has not ended: finish it with "
            f"`cortex secrets rotate {state.stack} {state.name} -n {state.namespace} --key {state.key}`"
        )


async def require_none(storage: Storage) -> None:
    """Check that no rotation is unfinished.

    Raises:
        UsageError: one is.
    """
    if (journal := await resumed(storage)) is not None:
        require_same(journal.state, "", "", "")
