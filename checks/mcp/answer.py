"""What asking an MCP server came to. It stands alone: judges need not load the MCP client, which takes a second."""

from dataclasses import dataclass
from enum import StrEnum


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
