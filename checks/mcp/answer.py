"""The outcome of requests to an MCP server, apart from the MCP client, whose import takes a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from checks.mcp.plain_error import plain_error
from checks.plain_text import brief

DEADLINE_SECONDS = 15.0
"""Timeout of all requests to one server. The official client exceeds its own limit by 10 s."""
SESSION_HEADER = "mcp-session-id"
TOOL_PAGES = 100
"""Most pages of tools/list that are read, since a server may return pages forever."""


class Outcome(StrEnum):
    """The outcome of the requests to a server."""

    ANSWERED = "answered"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NO_MCP = "no-mcp"
    GATED = "gated"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Answer:
    """The answers of an MCP server.

    `detail` explains every outcome except ANSWERED; `smoke_error` is the error of the smoke call, None if it succeeded.
    """

    outcome: Outcome
    detail: str = ""
    tools: frozenset[str] = frozenset()
    protocol: str = ""
    latency_ms: float = 0.0
    smoke_error: str | None = None
    sessions: bool = False
    """Whether the server keeps sessions, each in the memory of one pod."""
    lost: bool = False
    """Whether the connection was closed before the answer."""
    challenge: bool = False
    """Whether a GATED server says that credentials are missing: HTTP 401, or 403 with WWW-Authenticate."""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Return whether this is neither an answer nor a refusal for lack of credentials or permissions."""
        return self.outcome in (Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.NO_MCP)


def smoke_error(texts: Sequence[str], *, failed: bool, complete: bool = True) -> str | None:
    """Return the error of a call from the texts of its result; `complete` if the result has nothing but these texts."""
    if failed:
        return brief(" ".join(texts) or "the tool reported an error without a text")
    error = plain_error(texts) if complete else None
    return brief(error) if error else None
