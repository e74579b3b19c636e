"""The log of what was done to the Secrets of a stack: JSON lines in a private file, never a value."""

import getpass
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from checks import append_only
from checks.errors import UncheckedError
from checks.times import rfc3339
from stacks.manifests.checksum import checksum

HASH_DIGITS = 16


class PodProof(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A pod that runs with the new value; `answer` is what it said as an MCP server, empty for one that is not."""

    namespace: str
    name: str
    started: str
    answer: str = ""


class Entry(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """What was done to a Secret."""

    at: str
    id: str
    """The rotation, or the change, of which this is."""
    action: str
    outcome: str
    stack: str
    namespace: str
    name: str
    keys: tuple[str, ...]
    by: str
    """The user and the machine."""
    account: str = ""
    """The account that the API server saw."""
    hash: str = ""
    """The first digits of the salted checksum of the Secret's content."""
    reason: str = ""
    pods: tuple[PodProof, ...] = ()


def by() -> str:
    """Return the user and the machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        # A container's user may have no name.
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def new_id() -> str:
    """Return an identity for a rotation or a change."""
    return secrets.token_hex(6)


def now() -> str:
    """Return the time for an entry."""
    return rfc3339(datetime.now(UTC))


def content_hash(namespace: str, name: str, values: Mapping[str, str]) -> str:
    """Return the first digits of the checksum of a Secret's content, which is salted and takes 50 ms to try."""
    return checksum(f"{namespace}/{name}", {}, values)[:HASH_DIGITS]


def append(file: Path, entry: Entry) -> None:
    """Add an entry, unless this one is there already; return when it is on the disk.

    Raises:
        UncheckedError: the log cannot be written or is damaged.
    """
    if any((one.id, one.action) == (entry.id, entry.action) for one in read(file)):
        return
    try:
        append_only.append(file, msgspec.json.encode(entry))
    except OSError as error:
        raise UncheckedError(
            f"cannot write the log {file}: {error.strerror}: free the disk, and run it again"
        ) from error


def read(file: Path) -> list[Entry]:
    """Return the entries, in their order; a last line that was not written as a whole is cut off.

    Raises:
        UncheckedError: it is not a log.
    """
    return [*_entries(file)]


def _entries(file: Path) -> Iterator[Entry]:
    for number, line in enumerate(append_only.lines(file), start=1):
        try:
            yield msgspec.json.decode(line, type=Entry)
        except msgspec.MsgspecError as error:
            raise UncheckedError(f"{file}:{number} is not an entry of the log: move the file away") from error
