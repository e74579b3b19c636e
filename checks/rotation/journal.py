"""The journal of a rotation that has not ended: what is done, and how the old value comes back. It holds no values.

The old value is not copied onto the disk as plain text. Of a Pulumi secret the journal has the encrypted text of the
stack file; the old value of a live Secret is in a second Secret beside it, with the same access.
"""

from enum import StrEnum
from pathlib import Path

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


class Journal:
    """The state of a rotation, which is on the disk before the next thing is done."""

    def __init__(self, file: Path, state: State) -> None:
        self._file, self.state = file, state

    def set(self, **changes: object) -> None:
        """Change the state; return when it is on the disk."""
        self.state = msgspec.structs.replace(self.state, **changes)
        private_files.replace(self._file, msgspec.json.encode(self.state))

    def close(self) -> None:
        """Remove it: the rotation has ended."""
        self._file.unlink(missing_ok=True)
        sync(self._file.parent)


def resumed(file: Path) -> Journal | None:
    """Return the journal of a rotation that has not ended; None without one.

    Raises:
        UncheckedError: the file is not a journal.
    """
    if not file.exists():
        return None
    try:
        return Journal(file, msgspec.json.decode(private_files.read(file, "the journal"), type=State))
    except msgspec.MsgspecError as error:
        raise UncheckedError(f"{file} is not a journal of a rotation: move it away, and look at the Secret") from error


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


def require_none(file: Path) -> None:
    """Check that no rotation is unfinished.

    Raises:
        UsageError: one is.
    """
    if (journal := resumed(file)) is not None:
        require_same(journal.state, "", "", "")
