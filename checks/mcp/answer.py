"""What asking an MCP server came to. It stands alone: judges need not load the MCP client, which takes a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from checks.mcp.plain_error import plain_error
from checks.plain_text import brief

DEADLINE_SECONDS = 15.0
"""Longest one server's check may take in all. The official client alone would hang 10 s longer than its own limit."""
SESSION_HEADER = "mcp-session-id"
TOOL_PAGES = 100
"""A server whose tools/list never ends is cut off here."""


class Outcome(StrEnum):
    """How the talk with a server ended."""

    ANSWERED = "answered"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NO_MCP = "no-mcp"
    GATED = "gated"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Answer:
    """What an MCP server said.

    `detail` explains every outcome but ANSWERED; `smoke_error` is the smoke call's error, None when it had none.
    """

    outcome: Outcome
    detail: str = ""
    tools: frozenset[str] = frozenset()
    protocol: str = ""
    latency_ms: float = 0.0
    smoke_error: str | None = None
    sessions: bool = False
    """Whether the server keeps sessions, which live in one of its pods."""
    lost: bool = False
    """Whether the connection ended before the answer."""
    seconds: float = 0.0


def smoke_error(texts: Sequence[str], *, failed: bool, complete: bool = True) -> str | None:
    """Give what went wrong in a call that gave these texts; `complete` if they are all that it gave."""
    if failed:
        return brief(" ".join(texts) or "the tool reported an error without a text")
    told = plain_error(texts) if complete else None
    return brief(told) if told else None
