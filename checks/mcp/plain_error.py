"""Failures that an MCP tool reports as ordinary text, without `isError` (MCP specification: tools, error handling).

Some servers catch every error and return its words. Only what can hardly be anything else is taken for an error: a
false alarm on a good answer is worse than an overlooked one.
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
    """A JSON object that says nothing but an error."""

    error: object


def plain_error(texts: Sequence[str]) -> str | None:
    """Give the error in the texts of a result; None if they are an answer."""
    text = "\n".join(texts).strip()
    if _BEGINS.match(text):
        return text
    try:
        error = msgspec.json.decode(text, type=_Error).error
    except msgspec.MsgspecError:
        return None
    return str(error) if error else None
