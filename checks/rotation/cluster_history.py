"""What the rotator did: JSON lines in the Secret of its journal, without values.

Events last an hour, and the log of a Job as long as the Job.
"""

from collections.abc import Iterable

import msgspec

from checks.errors import UncheckedError
from checks.kube.client import ApiClient
from checks.kube.reading import Read, ReadFailure, Reading
from checks.rotation import live_secret
from checks.rotation.log import Entry
from checks.secrets.wanted import Place
from stacks.model import names

PLACE = Place(names.SYSTEM_NAMESPACE, names.ROTATION_JOURNAL)
KEY = "history.jsonl"
"""The key of the Secret."""
MOST_BYTES = 256 * 1024
"""Above this, the oldest entries are removed: a Secret has at most a mebibyte."""


def with_entry(content: bytes, entry: Entry) -> bytes:
    """Return a history with an entry at its end, unless it has it."""
    lines = content.splitlines()
    if any(_is_of(line, entry) for line in lines):
        return content
    lines.append(msgspec.json.encode(entry))
    while len(lines) > 1 and _size(lines) > MOST_BYTES:
        lines.pop(0)
    return b"".join(line + b"\n" for line in lines)


def _is_of(line: bytes, entry: Entry) -> bool:
    # A damaged line must not keep a rotation from its end.
    try:
        known = msgspec.json.decode(line, type=Entry)
    except msgspec.MsgspecError:
        return False
    return (known.id, known.action) == (entry.id, entry.action)


def _size(lines: Iterable[bytes]) -> int:
    return sum(len(line) + 1 for line in lines)


async def read(api: ApiClient) -> Reading[tuple[Entry, ...]]:
    """Return the entries, oldest first; none before the first rotation.

    Raises:
        UncheckedError: the Secret has something else.
    """
    found = await api.get(live_secret.SECRETS, *PLACE)
    if isinstance(found, ReadFailure):
        return found
    content = found.value.bytes_().get(KEY, b"") if found.value else b""
    try:
        return Read(tuple(msgspec.json.decode(line, type=Entry) for line in content.splitlines()), found.seconds)
    except msgspec.MsgspecError as error:
        raise UncheckedError(
            f"Secret {PLACE.namespace}/{PLACE.name}: {KEY} is not a history of rotations: remove the key"
        ) from error
