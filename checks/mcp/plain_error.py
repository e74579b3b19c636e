"""Recognize errors that an MCP tool returns as text, without `isError` (MCP specification: tools, error handling).

Some servers catch every error and return its message. Only unmistakable texts count as errors: a false alarm is worse
than a missed error.
"""

import re
from collections.abc import Sequence

import msgspec

_BEGINS = re.compile(
    r"(error|fatal|exception)\s*:"
    r"|error (calling|connecting|executing|fetching|getting|invoking|running|while)\b"
    r"|failed( to\b|\s*:)"
    r"|traceback \(most recent call last\)",
    re.IGNORECASE,
)


class _Error(msgspec.Struct, forbid_unknown_fields=True):
    """A JSON object with an error only."""

    error: object


def plain_error(texts: Sequence[str]) -> str | None:
    """Return the error in the texts of a result; None if there is none."""
    text = "\n".join(texts).strip()
    if _BEGINS.match(text):
        return text
    try:
        error = msgspec.json.decode(text, type=_Error).error
    except msgspec.MsgspecError:
        return None
    return str(error) if error else None
